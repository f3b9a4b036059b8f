import { limits } from '../limits.ts'
import type { Head } from './head.ts'

const start = 'GET '
const slash = 0x2f

/** The name of what a request asks for: where it begins and ends in the bytes of the head. */
interface NamePlace {
  nameAt: number
  nameEnd: number
}

/**
 * A whole request head, to compare later ones with. A player of HLS sends the same bytes every few seconds, except for the last
 * part of the path: those heads are compared, and not read again.
 */
export class RepeatedHead {
  readonly nameAt: number
  readonly #bytes: Uint8Array
  readonly #nameEnd: number

  private constructor(bytes: Uint8Array, { nameAt, nameEnd }: NamePlace) {
    this.#bytes = bytes
    this.nameAt = nameAt
    this.#nameEnd = nameEnd
  }

  /** @param bytes one whole head, which is copied; undefined if it is too long to be kept, or says its path in another way than `head` does */
  static of(bytes: Uint8Array, { path, query }: Pick<Head, 'path' | 'query'>): RepeatedHead | undefined {
    if (bytes.length > limits.knownHeadBytesMax) return undefined
    const copy = Uint8Array.from(bytes)
    const nameEnd = start.length + path.length
    if (!says(copy, `${start}${path}${query} HTTP/1.1\r\n`, 0)) return undefined
    return new RepeatedHead(copy, { nameAt: copy.lastIndexOf(slash, nameEnd - 1) + 1, nameEnd })
  }

  /** The end of the name in a head that repeats this one, and where the name begins at {@link nameAt}; -1 for any other. */
  nameEndIn(bytes: Uint8Array): number {
    const before = this.#bytes
    const longer = bytes.length - before.length
    const nameEnd = this.#nameEnd + longer
    if (nameEnd <= this.nameAt) return -1
    for (let at = before.length - 1; at >= this.#nameEnd; at--)
      if (bytes[at + longer] !== before[at]) return -1
    for (let at = 0; at < this.nameAt; at++) if (bytes[at] !== before[at]) return -1
    return nameEnd
  }
}

/** Whether a text of latin1 stands there. */
export function says(bytes: Uint8Array, text: string, from: number): boolean {
  if (from + text.length > bytes.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
  return true
}
