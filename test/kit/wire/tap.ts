import { connect, createServer, type Server, type Socket } from 'node:net'
import { eventually } from '../base/eventually.ts'

/** A request for a title that passed, and how many bytes of the stream had passed before it. */
export interface TitleSent {
  title: string
  atByte: number
}

/** A line between an encoder and a server, which keeps all that the encoder sends. */
export interface Tap {
  readonly port: number
  /** what the encoder has sent of its stream, without head and framing */
  stream(): Buffer
  /** what it has asked for on other connections, and when */
  titles(): TitleSent[]
  /** the first bytes of each connection, as text */
  heads(): string[]
  close(): void
}

/** The bytes of one connection, as they come. */
class Recording {
  #pieces: Buffer[] = []
  length = 0

  push(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.length += bytes.length
  }
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }
  get head(): string {
    return this.bytes.subarray(0, 4096).toString('latin1')
  }
}

/** bytes from which on a connection is one with a stream: more than any head */
const streamBytesMin = 10_000

/**
 * Opens a line to a port of this machine.
 * @param listenPort and, where `isShoutcast`, the one above it, which leads to the port above that of the server
 */
export async function openTap(listenPort: number, port: number, isShoutcast = false): Promise<Tap> {
  const recordings: Recording[] = []
  const asked: { recording: Recording; streamed: number }[] = []
  const longest = () => recordings.reduce((a, b) => (b.length > a.length ? b : a), new Recording())
  const sockets = new Set<Socket>()
  const listenOn = (offset: number) => {
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ port: port + offset, host: '127.0.0.1', allowHalfOpen: true })
      const recording = new Recording()
      recordings.push(recording)
      near.once('data', () => asked.push({ recording, streamed: longest().length }))
      near.on('data', (bytes) => recording.push(bytes))
      join(near, far, sockets)
    })
    server.listen(listenPort + offset, '127.0.0.1')
    return server
  }
  const servers: Server[] = isShoutcast ? [listenOn(0), listenOn(1)] : [listenOn(0)]
  await eventually(() => servers.every((server) => server.listening))
  return {
    port: listenPort,
    stream: () => payloadOf(longest().bytes),
    titles: () =>
      asked
        .map(({ recording, streamed }) => ({ title: titleAskedBy(recording.head), streamed }))
        .filter(({ title }, i, all) => title !== undefined && title !== all[i - 1]?.title) // libshout asks twice
        .map(({ title = '', streamed }) => ({
          title,
          atByte: payloadOf(longest().bytes.subarray(0, streamed)).length,
        })),
    heads: () => recordings.map(({ head }) => head),
    close() {
      for (const socket of sockets) socket.destroy()
      for (const server of servers) server.close()
    },
  }
}

function join(near: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [end, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(end)
    end.pipe(other)
    // an encoder may end with a reset, since it has not read the whole answer: the server still gets what it has sent
    end.on('error', () => (end === near ? other.end() : other.destroy()))
    end.on('close', () => {
      sockets.delete(end)
      if (!other.writableEnded) other.destroy()
    })
  }
}

/** The title that a request sets, in its query or in the form that it sends; undefined if it is another request. */
export function titleAskedBy(head: string): string | undefined {
  const [, query] = /^(?:GET|POST) \/admin(?:\.cgi|\/metadata)(?:\?(\S+))? /.exec(head) ?? []
  // without credentials it is a probe, and is asked again with them
  if (!/^\w+ \/admin/.test(head) || !/^authorization:|[?&]pass=/im.test(head)) return undefined
  const form = head.slice(head.indexOf('\r\n\r\n') + 4)
  return new URLSearchParams(query ?? form).get('song') ?? undefined
}

/** What a connection carries behind its head, or behind the last of its heads where it was probed first: the stream. */
export function payloadOf(bytes: Buffer): Buffer {
  if (bytes.length < streamBytesMin) return Buffer.alloc(0)
  let from = 0
  let head = ''
  do {
    const ends = ['\r\n\r\n', '\n\n'].map((blank) => ({ blank, at: bytes.indexOf(blank, from) }))
    const [end] = ends.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)
    if (!end) return Buffer.alloc(0)
    head = bytes.subarray(from, end.at).toString('latin1')
    from = end.at + end.blank.length
  } while (/^(?:SOURCE|PUT|POST) \//.test(bytes.subarray(from, from + 8).toString('latin1')))
  const body = bytes.subarray(from)
  return /^transfer-encoding: *chunked/im.test(head) ? unchunked(body) : body
}

/** The data of the whole chunks (RFC 9112 §7.1). */
function unchunked(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.subarray(at, lineEnd).toString('latin1'), 16)
    if (lineEnd < 0 || !(size > 0) || lineEnd + 2 + size > body.length) return Buffer.concat(chunks)
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
