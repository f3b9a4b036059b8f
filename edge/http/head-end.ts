const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Finds the blank line that ends a head, as bytes arrive: each byte is looked at once, however they are split. */
export class HeadEnd {
  /** a line has begun: empty lines before the first one do not end a head */
  #begun = false
  /** the current line is empty, or only a CR, so far */
  #blank = true

  /** The index after the head's last byte, or undefined if more bytes are needed. */
  find(bytes: Uint8Array): number | undefined {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === lineFeed) {
        if (this.#blank && this.#begun) return at + 1
        this.#blank = true
      } else if (byte !== carriageReturn) {
        this.#begun = true
        this.#blank = false
      }
    }
    return undefined
  }
}
