const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The base64 of crypt(3): digits from `./0-9A-Za-z`, the lowest six bits first.
 * @param order the order of the digest's bytes: three at a time, the highest first; a short last group is filled from below
 */
export function cryptBase64(digest: Uint8Array, order: readonly number[]): string {
  let text = ''
  for (let i = 0; i < order.length; i += 3) {
    const group = order.slice(i, i + 3)
    let bits = group.reduce((high, at) => (high << 8) | (digest[at] ?? 0), 0)
    for (let digits = group.length + 1; digits > 0; digits--) {
      text += alphabet.charAt(bits & 63)
      bits >>= 6
    }
  }
  return text
}
