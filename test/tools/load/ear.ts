import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { IcyReader } from '../../kit/audio/icy-reader.ts'
import { NumberedStream } from './numbered-stream.ts'

/** The request of a listener, and what it does with the audio. */
export interface Asking {
  port: number
  mount: string
  /** by TLS; any certificate is accepted */
  secure: boolean
  icy: boolean
  /** compares the audio with the numbered frames that the source sends */
  checked: boolean
}

/** bytes of one read; all listeners share one buffer, since nothing in it is kept */
const shared = Buffer.alloc(65_536)
const headEnd = Buffer.from('\r\n\r\n')

/**
 * A listener that costs its process as little as possible: it reads into a shared buffer and keeps nothing. It measures when
 * the first byte arrived, and the longest silence.
 */
export class Ear {
  readonly socket: Socket
  readonly beganMs = performance.now()
  /** of the answer; undefined until its head has arrived */
  status: number | undefined
  /** when the first byte arrived, by {@link performance.now} */
  firstMs: number | undefined
  /** when the last bytes arrived */
  heardMs = 0
  /** the longest silence between two reads since the last call of {@link takeGapMs}, in ms */
  gapMs = 0
  bytes = 0
  /** the first fault in the audio; undefined if there is none */
  fault: string | undefined
  #checked: boolean
  #head = ''
  #icy: IcyReader | undefined
  #stream: NumberedStream | undefined

  constructor({ port, mount, secure, icy, checked }: Asking) {
    this.#checked = checked
    const wish = icy ? 'Icy-MetaData: 1\r\n' : ''
    const request = `GET ${mount} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: ear\r\n${wish}\r\n`
    const to = {
      host: '127.0.0.1',
      port,
      onread: { buffer: shared, callback: (count: number) => this.#hear(shared.subarray(0, count)) },
    }
    this.socket = secure ? connectSecurely({ ...to, rejectUnauthorized: false }) : connect(to)
    this.socket.once(secure ? 'secureConnect' : 'connect', () => this.socket.write(request))
    this.socket.on('error', () => {}) // 'close' follows
  }

  /** The longest silence since the last call, including a current one. */
  takeGapMs(nowMs: number): number {
    const gapMs = Math.max(this.gapMs, nowMs - this.heardMs)
    this.gapMs = 0
    return gapMs
  }

  /** The number of the last complete frame; -1 if there is none or frames are not checked. */
  get lastFrame(): number {
    return this.#stream?.last ?? -1
  }

  #hear(bytes: Uint8Array): boolean {
    const nowMs = performance.now()
    if (this.firstMs === undefined) this.firstMs = nowMs
    else this.gapMs = Math.max(this.gapMs, nowMs - this.heardMs)
    this.heardMs = nowMs
    this.bytes += bytes.length
    if (this.status === undefined) this.#readHead(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    else if (this.#stream) this.#check(bytes)
    return true
  }

  #readHead(bytes: Buffer): void {
    const end = bytes.indexOf(headEnd)
    this.#head += bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
    if (end < 0) return
    this.status = Number(/^(?:HTTP\/1\.[01]|ICY) (\d{3})/.exec(this.#head)?.[1] ?? 0)
    const metaint = Number(/\r\nicy-metaint: ?(\d+)/i.exec(this.#head)?.[1] ?? 0)
    this.#head = ''
    if (!this.#checked || this.status !== 200) return
    this.#icy = metaint > 0 ? new IcyReader(metaint) : undefined
    this.#stream = new NumberedStream()
    this.#check(bytes.subarray(end + headEnd.length))
  }

  #check(bytes: Uint8Array): void {
    if (this.fault !== undefined) return
    for (const audio of this.#icy?.push(bytes) ?? [bytes]) this.fault ??= this.#stream?.push(audio)
  }
}
