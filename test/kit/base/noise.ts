/** Bytes like a compressed stream's: no sequence is repeated, and none is 0. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = (state >>> 24) | 1
  }
  return bytes
}
