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
