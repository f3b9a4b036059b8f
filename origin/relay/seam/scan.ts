/** Result of searching a text for a part. */
export interface Scan {
  /** offset of the first complete match; -1: none */
  first: number
  /** number of matches, overlapping ones included */
  count: number
  /** length of the longest beginning of the part that the text ends with */
  overlap: number
}

/**
 * Searches by Knuth, Morris and Pratt: the number of steps is linear in both lengths, whatever the bytes. Buffer's own
 * search takes as many steps as the product of the lengths if both are repetitive, as silence is.
 */
export function scan(part: Uint8Array, text: Uint8Array): Scan {
  const borders = bordersOf(part)
  let first = -1
  let count = 0
  let matched = 0
  const start = part[0] ?? -1
  for (let i = 0; i < text.length; i++) {
    if (matched === 0) {
      // bytes that do not match at all, as in compressed audio, are skipped at memory speed
      i = text.indexOf(start, i)
      if (i < 0) break
    }
    matched = grown(part, borders, matched, text[i])
    if (matched < part.length || matched === 0) continue
    count++
    if (first < 0) first = i + 1 - part.length
  }
  return { first, count, overlap: matched }
}

/** For each beginning of a part, the length of its longest proper prefix that is also its suffix. */
function bordersOf(part: Uint8Array): Uint32Array {
  const borders = new Uint32Array(part.length)
  let matched = 0
  for (let i = 1; i < part.length; i++) {
    matched = grown(part, borders, matched, part[i])
    borders[i] = matched
  }
  return borders
}

/** Number of matched bytes after this byte follows `matched` matching ones. */
function grown(part: Uint8Array, borders: Uint32Array, matched: number, byte: number | undefined): number {
  let length = matched === part.length ? (borders[matched - 1] ?? 0) : matched
  while (length > 0 && part[length] !== byte) length = borders[length - 1] ?? 0
  return part[length] === byte ? length + 1 : length
}
