// Numbers and texts as bytes, for data that both ends of one program version read: no other program sees them.

/** bytes at first; doubled whenever something does not fit */
const sizeMin = 1024
/** the codes below say something else than an integer */
const [codeUndefined, codeFloat, codeZero] = [0, 1, 2]
/** integers up to here fit in a number together with the codes */
const integerMax = Number.MAX_SAFE_INTEGER - codeZero

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Writes numbers and texts one after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(sizeMin)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** A number; an integer from 0 on takes a byte for each seven bits, as most numbers of a report are small. */
  number(value: number | undefined): this {
    if (value === undefined) return this.#integer(codeUndefined)
    if (value >= 0 && value <= integerMax && Number.isInteger(value)) return this.#integer(value + codeZero)
    this.#integer(codeFloat)
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
    return this
  }

  text(value: string): this {
    const bytes = encoder.encode(value)
    this.number(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** What has been written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return bytes
  }

  #integer(value: number): this {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(2 * (this.#length + more))
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Reads what a {@link ByteWriter} wrote, in the same order. */
export class ByteReader {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** A number that cannot be missing. */
  number(): number {
    const value = this.optional()
    if (value === undefined) throw new RangeError(`no number at byte ${this.#at}, expected one`)
    return value
  }

  optional(): number | undefined {
    const code = this.#integer()
    if (code === codeUndefined) return undefined
    if (code !== codeFloat) return code - codeZero
    const value = this.#view.getFloat64(this.#at)
    this.#at += 8
    return value
  }

  text(): string {
    const length = this.number()
    const text = decoder.decode(this.#bytes.subarray(this.#at, this.#at + length))
    this.#at += length
    return text
  }

  #integer(): number {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError(`the bytes end at ${this.#bytes.length}, expected more`)
      value += (byte % 128) * unit
      if (byte < 128) return value
    }
  }
}
