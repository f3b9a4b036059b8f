import { textOfSecret } from '../../shared/http/credentials.ts'
import { limits } from '../limits.ts'

/** What a Shoutcast source has said so far, in the order it says it. */
export type ShoutcastRead =
  /** its first line, as {@link textOfSecret} has it; {@link ShoutcastReader.next} waits for the headers then */
  | { is: 'password'; line: string }
  /** names in lower case, values as latin1 bytes; `rest`: what came behind them is audio */
  | { is: 'headers'; headers: ReadonlyMap<string, string>; rest: Uint8Array }
  /** no Shoutcast at all but a request, as icecast-kh takes it on this port too; `bytes`: all that came */
  | { is: 'http'; bytes: Uint8Array }
  | { is: 'bad'; why: string }

const httpRequest = /^[A-Z]+ .* (HTTP|ICE)\/\d/
const lineFeed = 0x0a

/**
 * Reads what a source says on a Shoutcast port: a line with its password, then `icy-*` headers and a blank line, then
 * audio. Encoders send them one by one, waiting for `OK2` after the password, or all at once; lines end in LF, CRLF or
 * CRCRLF (docs/icecast.md#shoutcast-sources). However the bytes are cut, the result is the same.
 */
export class ShoutcastReader {
  #bytes = new Uint8Array(0)
  #at = 0
  #password: string | undefined
  #headers = new Map<string, string>()
  #lines = 0

  push(bytes: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? bytes.slice() : Buffer.concat([this.#bytes, bytes])
  }

  /** Undefined while more is needed. Not to be called again after anything but a password. */
  next(): ShoutcastRead | undefined {
    if (this.#password === undefined) return this.#readPassword()
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      if (line === '') return { is: 'headers', headers: this.#headers, rest: this.#bytes.subarray(this.#at) }
      if (++this.#lines > limits.headLinesMax)
        return { is: 'bad', why: `more than ${limits.headLinesMax} header lines` }
      this.#readHeader(line)
    }
    return this.#isTooLong() ? tooLong : undefined
  }

  #readPassword(): ShoutcastRead | undefined {
    const line = this.#line()
    if (line === undefined) return this.#isTooLong() ? tooLong : undefined
    if (httpRequest.test(line)) return { is: 'http', bytes: this.#bytes }
    this.#password = line
    return { is: 'password', line: textOfSecret(Buffer.from(line, 'latin1')) }
  }

  #readHeader(line: string): void {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
    // a line that would break the heads that listeners get is left out
    if (name !== '' && !/[\0\r]/.test(line)) this.#headers.set(name, line.slice(colon + 1).trim())
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf(lineFeed, this.#at)
    if (end < 0 || end >= limits.headBytesMax) return undefined
    const line = Buffer.from(this.#bytes.subarray(this.#at, end)).toString('latin1')
    this.#at = end + 1
    return line.replace(/\r{1,2}$/, '')
  }

  /** whether no line can end within the bound any more */
  #isTooLong(): boolean {
    return this.#bytes.length >= limits.headBytesMax
  }
}

const tooLong: ShoutcastRead = { is: 'bad', why: `headers over ${limits.headBytesMax} bytes` }
