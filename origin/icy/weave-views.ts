const unchanged = Buffer.of(0)

/**
 * Inserts metadata blocks into audio that only one listener gets, without copying the audio.
 * @param since bytes of audio since the previous block
 * @param title the block to send first; left out: every block says that nothing changed
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
