/** A body in chunks (RFC 9112 §7.1), without their frames; undefined where its end has not come. */
export function unchunked(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return undefined
    const length = Number.parseInt(bytes.toString('latin1', at, end), 16)
    const next = end + 2 + length + 2
    if (bytes.length < next) return undefined
    if (length === 0) return Buffer.concat(pieces)
    pieces.push(bytes.subarray(end + 2, end + 2 + length))
    at = next
  }
}
