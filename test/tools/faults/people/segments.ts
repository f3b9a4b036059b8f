import { FrameCheck, type Gap } from './frames.ts'

/** What is in a segment: frames that follow each other. */
export interface Heard {
  /** another server had other bytes under its number: in words */
  differs?: string
  first: number
  last: number
  count: number
  gaps: readonly Gap[]
}

interface Known extends Heard {
  bytes: Buffer
  host: string
}

/** segments that are kept: more than a playlist and the time behind it have */
const knownMax = 300

/**
 * Reads segments of packed MP3: each has whole frames of the source, and should be byte for byte the one of that number that any other
 * server had. What it has read before it only compares.
 */
export class SegmentBook {
  readonly #known = new Map<number, Known[]>()

  /** What a segment has; a text where it is not what it should be. */
  read(number: number, bytes: Buffer, host: string): Heard | string {
    const known = this.#known.get(number) ?? []
    const same = known.find((each) => each.bytes.equals(bytes))
    if (same) return same
    const gaps: Gap[] = []
    const check = new FrameCheck((gap) => gaps.push(gap))
    check.push(bytes.subarray(tagBytes(bytes)))
    const where = `segment ${number} of ${host}`
    if (check.fault !== undefined) return `${where}: ${check.fault}`
    if (check.count === 0 || !check.isWhole) return `${where} ends inside of a frame`
    const { first, last, count } = check
    const [other] = known
    const differs = other && `segment ${number} of ${host} is not the one of ${other.host}`
    const heard = { first, last, count, gaps, ...(differs !== undefined && { differs }) }
    this.#known.set(number, [...known, { ...heard, bytes: Buffer.from(bytes), host }])
    if (this.#known.size > knownMax) this.#known.delete(this.#known.keys().next().value ?? number)
    return heard
  }
}

/** bytes of the ID3 tags before the audio */
export function tagBytes(bytes: Buffer): number {
  let at = 0
  while (bytes.toString('latin1', at, at + 3) === 'ID3') {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 6, at + 10)
    at += 10 + (a << 21) + (b << 14) + (c << 7) + d
  }
  return at
}
