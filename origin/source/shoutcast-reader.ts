import { textOfSecret } from '../../shared/http/credentials.ts'
import { blanks, trimmed } from '../../shared/trim.ts'
import { limits } from '../limits.ts'

/** What a Shoutcast source has sent so far, in order. */
export type ShoutcastRead =
  /** its first line, decoded by {@link textOfSecret}; {@link ShoutcastReader.next} then waits for the headers */
  | { is: 'password'; line: string }
  /** names in lower case, values as latin1 bytes; `rest`: the bytes after them are audio */
  | { is: 'headers'; headers: ReadonlyMap<string, string>; rest: Uint8Array }
  /** not Shoutcast but an HTTP request, which icecast-kh also accepts on this port; `bytes`: everything received */
  | { is: 'http'; bytes: Uint8Array }
  | { is: 'bad'; why: string }

const httpRequest = /^[A-Z]+ .* (HTTP|ICE)\/\d/
const lineFeed = 0x0a

/**
 * Reads what a source sends on a Shoutcast port: a line with its password, then `icy-*` headers and a blank line, then
 * audio. Encoders send these step by step, waiting for `OK2` after the password, or all at once; lines end in LF, CRLF
 * or CRCRLF (docs/icecast.md#shoutcast-sources). The result does not depend on how the bytes are split.
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

  /** Undefined if more bytes are needed. Must not be called again after any result except a password. */
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
    // a line that would break the heads sent to listeners is left out
    if (name !== '' && !/[\0\r]/.test(line)) this.#headers.set(name, trimmed(line.slice(colon + 1), blanks))
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf(lineFeed, this.#at)
    if (end < 0 || end >= limits.headBytesMax) return undefined
    const line = Buffer.from(this.#bytes.subarray(this.#at, end)).toString('latin1')
    this.#at = end + 1
    return line.replace(/\r{1,2}$/, '')
  }

  /** whether no line can end within the limit any more */
  #isTooLong(): boolean {
    return this.#bytes.length >= limits.headBytesMax
  }
}

const tooLong: ShoutcastRead = { is: 'bad', why: `headers over ${limits.headBytesMax} bytes` }
