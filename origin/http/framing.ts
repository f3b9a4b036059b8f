/** Why a head is rejected for its framing. */
interface BadFraming {
  status: 400 | 501
  text: string
}

/**
 * Collects the framing headers of a head, line by line. If two programs could read different body lengths, a client can
 * hide a second request in the first one, so such a head is rejected (RFC 9112 §6.3).
 */
export class Framing {
  #length: string | undefined
  #codings: string[] = []
  #host: string | undefined
  /** the line before was a framing header, or Host */
  #follows = false
  #bad: BadFraming | undefined

  /**
   * Reads a header; false if it is ignored, because its value is empty.
   * @param rawName the name with any space before its colon
   */
  header(name: string, value: string, rawName: string): boolean {
    this.#follows = name === 'content-length' || name === 'transfer-encoding' || name === 'host'
    if (!this.#follows) return true
    if (value === '') return false
    if (rawName.length !== name.length) this.#refuse(`there is a space before the colon of ${name}`)
    if (name === 'content-length') this.#readLength(value)
    else if (name === 'transfer-encoding') this.#codings.push(...value.toLowerCase().split(','))
    else if (this.#host !== undefined && this.#host !== value.toLowerCase())
      this.#refuse('there are two different Host headers, expected one')
    else this.#host = value.toLowerCase()
    return true
  }

  /** A line that is not a header. Some programs read one that begins with a space as part of the header before (RFC 9112 §5.2). */
  otherLine(line: string): void {
    if (this.#follows && /^[ \t]/.test(line))
      this.#refuse('a header continues in the next line, expected one line')
    this.#follows = false
  }

  /** Why the head is rejected; read at its end. */
  get bad(): BadFraming | undefined {
    if (this.#bad || this.#codings.length === 0) return this.#bad
    const codings = this.#codings.map((coding) => coding.trim())
    if (this.#length !== undefined)
      return {
        status: 400,
        text: 'there are both Content-Length and Transfer-Encoding, expected one of them',
      }
    if (codings.length === 1 && isKnown(codings[0])) return undefined
    const text = `Transfer-Encoding is "${codings.join(', ').slice(0, 200)}", expected "chunked"`
    // a body has an end only if chunked is the last coding
    return { status: codings.indexOf('chunked') === codings.length - 1 ? 501 : 400, text }
  }

  #readLength(value: string): void {
    for (const part of value.split(',')) {
      const digits = part.trim()
      if (!/^\d{1,20}$/.test(digits))
        this.#refuse(`Content-Length is "${value.slice(0, 200)}", expected digits`)
      const length = digits.replace(/^0+(?=\d)/, '')
      if (this.#length !== undefined && this.#length !== length)
        this.#refuse('there are two different Content-Length, expected one')
      this.#length ??= length
    }
  }

  #refuse(text: string): void {
    this.#bad ??= { status: 400, text }
  }
}

const isKnown = (coding: string | undefined) => coding === 'chunked' || coding === 'identity'
