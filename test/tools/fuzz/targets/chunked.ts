import { ChunkError, ChunkedDecoder } from '../../../../origin/http/chunked.ts'
import { sameHoweverCut } from '../cuts.ts'
import { orError, type Target } from '../target.ts'

const read = (pieces: readonly Uint8Array[]) =>
  orError([ChunkError], () => {
    const data: Uint8Array[] = []
    const decoder = new ChunkedDecoder((bytes) => data.push(bytes))
    for (const piece of pieces) decoder.push(piece)
    return { data: Buffer.concat(data), done: decoder.done }
  })

export const chunked: Target = {
  name: 'chunked',
  about: 'chunked bodies: data or a ChunkError, the same however cut',
  files: 'origin/http/',
  tokens: ['\r\n', '\n', '0\r\n\r\n', '5;a="b"\r\n', 'ffffffff\r\n', 'Trailer: x\r\n'],
  read: (input) => void read([input]),
  check: (input) => sameHoweverCut(input, read),
}
