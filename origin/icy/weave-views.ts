const unchanged = Buffer.of(0)

/**
 * Puts blocks of metadata into bytes of audio that are one listener's alone, without a copy of them.
 * @param since bytes of audio since the block before
 * @param title the block that the first one is; left out: all say that nothing changed
 */
export function weaveViews(
  audio: Uint8Array,
  metaint: number,
  since: number,
  title: Uint8Array = unchanged,
): { views: Uint8Array[]; blocks: number; since: number } {
  const views: Uint8Array[] = []
  let blocks = 0
  let at = 0
  let left = metaint - since
  while (audio.length - at >= left) {
    views.push(audio.subarray(at, at + left), blocks++ === 0 ? title : unchanged)
    at += left
    left = metaint
  }
  if (at < audio.length) views.push(audio.subarray(at))
  return { views, blocks, since: metaint - left + (audio.length - at) }
}
