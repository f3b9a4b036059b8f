import { BodyReader } from '../../../../edge/http/body.ts'
import { sameHoweverCut } from '../cuts.ts'
import type { Target } from '../target.ts'

/** The body, and where it ends in the bytes; or why it is rejected. */
const readAs = (length: number | undefined) => (pieces: readonly Uint8Array[]) => {
  const reader = new BodyReader(length === undefined ? 'chunked' : { length })
  let before = 0
  for (const piece of pieces) {
    const read = reader.push(piece)
    if (read && 'end' in read) return { end: before + read.end, bytes: Buffer.from(reader.bytes) }
    if (read) return read
    before += piece.length
  }
  return { bytes: Buffer.from(reader.bytes) }
}

/** The first byte says how the body is framed: 0 in chunks, else by so many bytes. */
export const edgeBody: Target = {
  name: 'edge-body',
  about: 'bodies of requests to an edge, in chunks or of a length: the same however cut',
  files: 'edge/http/',
  tokens: ['\r\n', '\n', '0\r\n\r\n', '5;a="b"\r\n', 'ffffffff\r\n', '00000005\r\n', 'Trailer: x\r\n'],
  read: (input) => void readAs(undefined)([input]),
  check: (input) => sameHoweverCut(input.subarray(1), readAs(input[0] || undefined)),
}
