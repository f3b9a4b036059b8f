/** Why a head is refused for what it says of its body. */
interface BadFraming {
  status: 400 | 501
  text: string
}

/**
 * What a head says of the length of its body, gathered line by line. Where two who read it could see two lengths, whoever
 * sends can hide a second request in the first, so such a head is refused (RFC 9112 §6.3).
 */
export class Framing {
  #length: string | undefined
  #codings: string[] = []
  #host: string | undefined
  /** the line before says something of the body, or of the host */
  #follows = false
  #bad: BadFraming | undefined

  /**
   * A header, as it came; false where it counts for nothing, since it says nothing of what it should.
   * @param rawName with the space that may stand before its colon
   */
  header(name: string, value: string, rawName: string): boolean {
    this.#follows = name === 'content-length' || name === 'transfer-encoding' || name === 'host'
    if (!this.#follows) return true
    if (value === '') return false
    if (rawName.length !== name.length) this.#refuse(`a space before the colon of ${name}`)
    if (name === 'content-length') this.#readLength(value)
    else if (name === 'transfer-encoding') this.#codings.push(...value.toLowerCase().split(','))
    else if (this.#host !== undefined && this.#host !== value.toLowerCase())
      this.#refuse('two different Host headers, expected one')
    else this.#host = value.toLowerCase()
    return true
  }

  /** A line that is no header. Some take one that begins with a space for the rest of the header before (RFC 9112 §5.2). */
  otherLine(line: string): void {
    if (this.#follows && /^[ \t]/.test(line)) this.#refuse('a header that goes on in the next line')
    this.#follows = false
  }

  /** Why the head must be refused; asked at its end. */
  get bad(): BadFraming | undefined {
    if (this.#bad || this.#codings.length === 0) return this.#bad
    const codings = this.#codings.map((coding) => coding.trim())
    if (this.#length !== undefined)
      return { status: 400, text: 'both Content-Length and Transfer-Encoding, expected one of them' }
    if (codings.length === 1 && isKnown(codings[0])) return undefined
    const text = `Transfer-Encoding is "${codings.join(', ').slice(0, 200)}", expected "chunked"`
    // only chunked as the last one ends a body
    return { status: codings.indexOf('chunked') === codings.length - 1 ? 501 : 400, text }
  }

  #readLength(value: string): void {
    for (const part of value.split(',')) {
      const digits = part.trim()
      if (!/^\d{1,20}$/.test(digits))
        this.#refuse(`Content-Length is "${value.slice(0, 200)}", expected digits`)
      const length = digits.replace(/^0+(?=\d)/, '')
      if (this.#length !== undefined && this.#length !== length)
        this.#refuse('two different Content-Length, expected one')
      this.#length ??= length
    }
  }

  #refuse(text: string): void {
    this.#bad ??= { status: 400, text }
  }
}

const isKnown = (coding: string | undefined) => coding === 'chunked' || coding === 'identity'
