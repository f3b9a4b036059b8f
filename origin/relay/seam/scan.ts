/** What one pass over a text tells of a part of it. */
export interface Scan {
  /** offset of the first place at which the whole part stands; -1: nowhere */
  first: number
  /** how often it stands there, overlapping ones counted */
  count: number
  /** bytes of the longest beginning of the part with which the text ends */
  overlap: number
}

/**
 * Looks for a part in a text by Knuth, Morris and Pratt: as many steps as both have bytes, whatever stands in them. The
 * search that a Buffer brings takes as many as their product where both repeat, as silence does.
 */
export function scan(part: Uint8Array, text: Uint8Array): Scan {
  const borders = bordersOf(part)
  let first = -1
  let count = 0
  let matched = 0
  const start = part[0] ?? -1
  for (let i = 0; i < text.length; i++) {
    if (matched === 0) {
      // what is not alike at all, as compressed audio is, is skipped at the speed of memory
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

/** Of each beginning of a part, the length of the longest shorter one with which it ends. */
function bordersOf(part: Uint8Array): Uint32Array {
  const borders = new Uint32Array(part.length)
  let matched = 0
  for (let i = 1; i < part.length; i++) {
    matched = grown(part, borders, matched, part[i])
    borders[i] = matched
  }
  return borders
}

/** Bytes of the part that match once this byte has come behind so many that did. */
function grown(part: Uint8Array, borders: Uint32Array, matched: number, byte: number | undefined): number {
  let length = matched === part.length ? (borders[matched - 1] ?? 0) : matched
  while (length > 0 && part[length] !== byte) length = borders[length - 1] ?? 0
  return part[length] === byte ? length + 1 : length
}
