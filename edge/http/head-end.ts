const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Finds the blank line that ends a head, in bytes as they come: each is looked at once, however they are cut. */
export class HeadEnd {
  /** a line has begun: the empty ones before the first do not end a head */
  #begun = false
  /** nothing but a CR stands on the line so far */
  #blank = true

  /** The index behind the head's last byte, or undefined where more is needed. */
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
