import { connect, type Socket } from 'node:net'
import { framesOf, parseFrameHeader } from './mpeg.ts'
import { numberedFrame } from './numbered-frames.ts'
import { Pace } from './pace.ts'

/** What a source plays: the n-th frame, n from 0 without end, each `frameMs` long. */
export interface Programme {
  at(n: number): Uint8Array
  frameMs: number
}

/** The frames of an MP3 file over and over; throws where the file is more than whole frames. */
export function loopOf(file: Uint8Array): Programme {
  const { frames, skipped, rest } = framesOf(file)
  const header = parseFrameHeader(file, 0)
  if (!header || skipped > 0 || rest > 0)
    throw new Error('expected an MP3 file of whole frames and nothing else')
  const at = (n: number) => frames[n % frames.length] ?? new Uint8Array()
  return { at, frameMs: (header.samples * 1000) / header.sampleRate }
}

/** Every frame another, for tests that look for gaps and repeats. */
export const numbered: Programme = { at: numberedFrame, frameMs: (1152 * 1000) / 44_100 }

/** The same at an eighth of its speed, for crowds of which nobody looks at what it hears: most of their cost is to carry it. */
export const sparse: Programme = { at: numberedFrame, frameMs: 8 * numbered.frameMs }

export interface SourceOptions {
  /** the mount at the master: `http://127.0.0.1:8001/live.mp3` */
  url: string
  password: string
  user?: string
  programme: Programme
  contentType?: string
  /** further headers of the request, such as `Ice-Name` */
  headers?: Record<string, string>
  nowMs?: () => number
  /** told of what happens, in words */
  onEvent?: (event: string) => void
}

export interface Source {
  /** frames sent so far, over all connections */
  readonly sent: number
  /** whether the master takes it at this moment */
  readonly isPlaying: boolean
  close(): void
}

/** ms between two looks at the clock: four frames of audio */
const tickMs = 100
/** ms before a lost master is tried again */
const retryMs = 1000
/** ms that a master may take for its answer: a server that crashed while it started may leave a source without one */
const answerMs = 15_000

/** For `headers`: Icecast 2.5 answers a PUT at its end, and at its beginning only who asks for that, as encoders do. */
export const expecting = { Expect: '100-continue' } as const

/** Plays a programme to a master at its own speed until closed; comes back to a master that went away. */
export function startSource(options: SourceOptions): Source {
  const { programme, nowMs = () => performance.now(), onEvent = () => {} } = options
  let sent = 0
  let socket: Socket | undefined
  let ticking: NodeJS.Timeout | undefined
  let retrying: NodeJS.Timeout | undefined
  let closed = false

  const open = () => {
    const { hostname, port } = new URL(options.url)
    const connection = connect(Number(port) || 80, hostname)
    socket = connection
    let head = ''
    connection.on('connect', () => connection.write(requestHead(options)))
    const unanswered = setTimeout(() => connection.destroy(new Error('no answer')), answerMs)
    connection.on('data', (bytes: Buffer) => {
      if (ticking || head.length > 8192) return // a source is told nothing after the reply
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      clearTimeout(unanswered)
      const [status = ''] = head.split('\r\n')
      const isTaken = /^HTTP\/1\.[01] (?:100|200)/.test(status)
      onEvent(isTaken ? 'playing' : `refused: ${status}`)
      if (isTaken) play(connection)
      else connection.destroy()
    })
    connection.on('error', (error) => onEvent(`cannot reach the master: ${error.message}`))
    connection.on('close', () => {
      clearTimeout(unanswered)
      clearInterval(ticking)
      ticking = undefined
      if (!closed) retrying = setTimeout(open, retryMs)
    })
  }

  const play = (connection: Socket) => {
    const pace = new Pace(programme.frameMs, nowMs())
    connection.setNoDelay(true)
    ticking = setInterval(() => {
      if (connection.writableNeedDrain) return // the master stalls: what it misses meanwhile is the pace's to decide
      connection.cork()
      for (let due = pace.due(nowMs()); due > 0; due--) connection.write(programme.at(sent++))
      connection.uncork()
    }, tickMs)
  }

  open()
  return {
    get sent() {
      return sent
    },
    get isPlaying() {
      return ticking !== undefined
    },
    close() {
      closed = true
      clearTimeout(retrying)
      clearInterval(ticking)
      ticking = undefined
      socket?.destroy()
    },
  }
}

/** `Basic` and its credentials, as a header's value. */
export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** A body without framing: it lasts as long as the connection, as encoders send it. */
function requestHead({
  url,
  user = 'source',
  password,
  contentType = 'audio/mpeg',
  headers,
}: SourceOptions): string {
  const { host, pathname } = new URL(url)
  const fields = {
    Host: host,
    Authorization: basic(user, password),
    'User-Agent': 'distributary-source',
    'Content-Type': contentType,
    ...headers,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `PUT ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Sets a mount's title as encoders do, by a separate request. */
export async function setTitle(
  mountUrl: string,
  password: string,
  song: string,
  user = 'source',
): Promise<void> {
  const { origin, pathname } = new URL(mountUrl)
  const query = new URLSearchParams({ mode: 'updinfo', mount: pathname, charset: 'UTF-8', song })
  const reply = await fetch(`${origin}/admin/metadata?${query}`, {
    headers: { Authorization: basic(user, password) },
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`the title was answered ${reply.status}: ${text}`)
}
