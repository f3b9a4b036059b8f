/** A title and the place in the audio, in bytes from the first received, at which it was told. */
export interface TitleHeard {
  atByte: number
  title: string
}

const decoder = new TextDecoder()

/** Takes an ICY stream apart again: `metaint` bytes of audio, a length byte, a block of 16 times as many bytes, and so on. */
export class IcyReader {
  readonly #metaint: number
  #audioLeft: number
  #blockLeft = -1 // -1: the length byte comes next
  #block: Uint8Array[] = []
  #audioBytes = 0
  readonly titles: TitleHeard[] = []

  constructor(metaint: number) {
    this.#metaint = metaint
    this.#audioLeft = metaint
  }

  /** The audio among these bytes. */
  push(bytes: Uint8Array): Uint8Array[] {
    const audio: Uint8Array[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#audioLeft > 0) {
        const piece = bytes.subarray(at, at + this.#audioLeft)
        audio.push(piece)
        this.#audioLeft -= piece.length
        this.#audioBytes += piece.length
        at += piece.length
      } else if (this.#blockLeft < 0) {
        this.#blockLeft = (bytes[at++] ?? 0) * 16
        if (this.#blockLeft === 0) this.#endBlock()
      } else {
        const piece = bytes.subarray(at, at + this.#blockLeft)
        this.#block.push(piece)
        this.#blockLeft -= piece.length
        at += piece.length
        if (this.#blockLeft === 0) this.#endBlock()
      }
    }
    return audio
  }

  #endBlock(): void {
    const text = decoder.decode(Buffer.concat(this.#block))
    const title = /StreamTitle='(.*?)';/s.exec(text)?.[1]
    if (title !== undefined) this.titles.push({ atByte: this.#audioBytes, title })
    this.#block = []
    this.#blockLeft = -1
    this.#audioLeft = this.#metaint
  }
}
