import { connect, type Socket } from 'node:net'
import { IcyReader, type TitleHeard } from '../audio/icy-reader.ts'
import { eventually, patienceMs } from '../base/eventually.ts'

export interface Head {
  status: number
  /** by lower-case name; the last of several wins */
  headers: Map<string, string>
}

/** A listener on the wire, and what it has heard so far. */
export interface Listener extends Head {
  /** where it ended up after redirects */
  readonly url: string
  readonly bytesHeard: number
  /** all audio so far, metadata taken out; the body's text where it was refused */
  audio(): Uint8Array
  readonly titles: readonly TitleHeard[]
  readonly isClosed: boolean
  /** Reads on, where it had stopped at `bytesMax`. */
  resume(): void
  close(): void
}

export interface ListenOptions {
  /** asks for metadata, as players do */
  icy?: boolean
  headers?: Record<string, string>
  /** how many redirects it follows; 0 shows the 302 itself */
  redirectsMax?: number
  /** bytes after which it reads no more until resumed: for servers that send without end as fast as they can */
  bytesMax?: number
}

/** Listens as a player does: follows each 302 with the same request, then keeps what it hears until closed. */
export async function listen(url: string, options: ListenOptions = {}): Promise<Listener> {
  const { redirectsMax = 10 } = options
  let at = url
  for (let redirects = 0; ; redirects++) {
    const heard = await ask(at, options)
    const location = heard.headers.get('location')
    if (heard.status !== 302 || location === undefined || redirects === redirectsMax) return heard
    heard.close()
    at = new URL(location, at).href
  }
}

/** Listens at a mount that is about to come: waits until it is served. */
export const listenWhenServed = (
  url: string,
  options: ListenOptions = {},
  withinMs = patienceMs,
): Promise<Listener> =>
  eventually<Listener | undefined>(
    async () => {
      const listener = await listen(url, options)
      if (listener.status === 200) return listener
      listener.close()
      return undefined
    },
    { withinMs, everyMs: 100 },
  )

async function ask(url: string, { icy = false, headers = {}, bytesMax }: ListenOptions): Promise<Listener> {
  const { host, hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port) || 80, hostname)
  const fields = {
    Host: host,
    'User-Agent': 'distributary-listener',
    ...(icy && { 'Icy-MetaData': '1' }),
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n`)
  const { head, rest } = await readHead(socket, url)
  return hear(url, socket, head, rest, bytesMax)
}

const readHead = (socket: Socket, url: string) =>
  new Promise<{ head: Head; rest: Uint8Array }>((resolve, reject) => {
    let received = Buffer.alloc(0)
    const onData = (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      const head = parseHead(received.subarray(0, end).toString('latin1'))
      resolve({ head, rest: received.subarray(end + 4) })
    }
    socket.on('data', onData)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${url} closed before its head was whole: "${received}"`)))
  })

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const status = Number(/^(?:HTTP\/1\.[01]|ICY) (\d{3})/.exec(statusLine)?.[1])
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return { status, headers }
}

function hear(
  url: string,
  socket: Socket,
  head: Head,
  rest: Uint8Array,
  bytesMax = Number.POSITIVE_INFINITY,
): Listener {
  const metaint = Number(head.headers.get('icy-metaint') ?? 0)
  const reader = metaint > 0 ? new IcyReader(metaint) : undefined
  let heard = Buffer.alloc(65_536)
  let bytesHeard = 0
  const take = (bytes: Uint8Array) => {
    for (const piece of reader?.push(bytes) ?? [bytes]) {
      // grown by doubling: tests look at all of it again and again, and must not copy it each time
      if (bytesHeard + piece.length > heard.length)
        heard = Buffer.concat([heard], Math.max(2 * heard.length, bytesHeard + piece.length))
      heard.set(piece, bytesHeard)
      bytesHeard += piece.length
    }
    if (bytesHeard >= bytesMax) socket.pause()
  }
  take(rest)
  socket.on('data', take)
  socket.on('error', () => socket.destroy()) // a server that goes away closes its listeners: see isClosed
  return {
    ...head,
    url,
    titles: reader?.titles ?? [],
    get bytesHeard() {
      return bytesHeard
    },
    get isClosed() {
      return socket.closed
    },
    audio: () => heard.subarray(0, bytesHeard),
    resume() {
      bytesMax = Number.POSITIVE_INFINITY
      socket.resume()
    },
    close: () => socket.destroy(),
  }
}
