/** checksums of single bytes: polynomial 0x04c11db7, highest bit first (RFC 3533 §6) */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte << 24
  for (let bit = 0; bit < 8; bit++) register = (register << 1) ^ (register < 0 ? 0x04c11db7 : 0)
  return register >>> 0
})

/** position of a page's checksum field, four bytes, which are counted as zeros */
const fieldAt = 22
const fieldEnd = 26

/** The checksum of a complete Ogg page (RFC 3533 §6), ignoring its checksum field. */
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

/**
 * x^(8n) modulo the polynomial, for n up to 255 and for multiples of 256: the effect of n following zero bytes on a
 * checksum
 */
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

/** The checksum after this many zero bytes, at most 65,535. */
function shifted(checksum: number, bytes: number): number {
  const low = product(checksum, powers[bytes & 255] ?? 0)
  return bytes < 256 ? low : product(low, powersOf256[bytes >>> 8] ?? 0)
}

/** The product of two polynomials, modulo the checksum polynomial. */
function product(a: number, b: number): number {
  let result = 0
  for (let bit = 31; bit >= 0; bit--) {
    result = (result << 1) ^ (result < 0 ? 0x04c11db7 : 0)
    if ((b >>> bit) & 1) result ^= a
  }
  return result
}

/**
 * Checksums of pages in a growing buffer. Each byte is summed once, however many false page starts there are: the
 * checksum of a range is derived from the running checksums at its two ends.
 */
export class PageSums {
  /** running checksums after 0, 1, 2 … bytes */
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

  /** Removes the first bytes. */
  drop(count: number): void {
    this.#from += count
    this.#count -= count
  }

  /** The checksum of the page between two offsets, ignoring its checksum field. */
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
