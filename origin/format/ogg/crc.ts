/** the checksum of each byte alone: polynomial 0x04c11db7, highest bit first (RFC 3533 §6) */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte << 24
  for (let bit = 0; bit < 8; bit++) register = (register << 1) ^ (register < 0 ? 0x04c11db7 : 0)
  return register >>> 0
})

/** where a page carries its own checksum, four bytes, which count as zeros in it */
const fieldAt = 22
const fieldEnd = 26

/** The checksum of a whole Ogg page (RFC 3533 §6), whatever stands in its checksum field. */
export function pageChecksum(page: Uint8Array): number {
  let checksum = update(0, page, 0, fieldAt)
  for (let i = fieldAt; i < fieldEnd; i++) checksum = (checksum << 8) ^ (table[checksum >>> 24] ?? 0)
  return update(checksum, page, fieldEnd, page.length) >>> 0
}

function update(checksum: number, bytes: Uint8Array, from: number, to: number): number {
  for (let i = from; i < to; i++)
    checksum = (checksum << 8) ^ (table[(checksum >>> 24) ^ (bytes[i] ?? 0)] ?? 0)
  return checksum
}

/** x to the power of 8 n, modulo the polynomial, for n to 255 and for 256 n: what so many bytes behind it make of a checksum */
const [powers, powersOf256] = makePowers()

function makePowers(): [Uint32Array, Uint32Array] {
  const small = new Uint32Array(256)
  const big = new Uint32Array(256)
  let power = 1
  for (let n = 0; n < 65_536; n++) {
    if (n < 256) small[n] = power
    if (n % 256 === 0) big[n / 256] = power
    power = ((power << 8) ^ (table[power >>> 24] ?? 0)) >>> 0
  }
  return [small, big]
}

/** A checksum behind so many bytes of zeros, of 65,535 at most. */
function shifted(checksum: number, bytes: number): number {
  const low = product(checksum, powers[bytes & 255] ?? 0)
  return bytes < 256 ? low : product(low, powersOf256[bytes >>> 8] ?? 0)
}

/** The product of two polynomials, modulo ours. */
function product(a: number, b: number): number {
  let result = 0
  for (let bit = 31; bit >= 0; bit--) {
    result = (result << 1) ^ (result < 0 ? 0x04c11db7 : 0)
    if ((b >>> bit) & 1) result ^= a
  }
  return result
}

/**
 * Checksums of pages in a growing run of bytes. Each byte is summed once, whatever looks like a page and is not: the sum of
 * a stretch follows from those of two beginnings.
 */
export class PageSums {
  /** of the first bytes, none to all of them */
  #sums = new Uint32Array(4096)
  #from = 0
  #count = 1

  append(bytes: Uint8Array): void {
    if (this.#from + this.#count + bytes.length > this.#sums.length) this.#makeRoom(bytes.length)
    let at = this.#from + this.#count
    let sum = this.#sums[at - 1] ?? 0
    for (const byte of bytes) {
      sum = ((sum << 8) ^ (table[(sum >>> 24) ^ byte] ?? 0)) >>> 0
      this.#sums[at++] = sum
    }
    this.#count += bytes.length
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#from += count
    this.#count -= count
  }

  /** The checksum of the page between two offsets, whatever stands in its checksum field. */
  of(bytes: Uint8Array, from: number, to: number): number {
    const head = update(0, bytes, from, from + fieldAt)
    const behindField = shifted(head, fieldEnd - fieldAt)
    const before = this.#sums[this.#from + from + fieldEnd] ?? 0
    const end = this.#sums[this.#from + to] ?? 0
    return (end ^ shifted(before ^ behindField, to - from - fieldEnd)) >>> 0
  }

  #makeRoom(more: number): void {
    const held = this.#sums.subarray(this.#from, this.#from + this.#count)
    const length = this.#count + more
    if (length * 2 > this.#sums.length) this.#sums = new Uint32Array(length * 2)
    this.#sums.set(held)
    this.#from = 0
  }
}
