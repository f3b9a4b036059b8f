import { Gathered } from './gathered.ts'

/** The bytes of a body, or undefined where there are more than `bytesMax`; a Content-Length is not believed, it may lie. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const gathered = new Gathered(bytesMax)
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>)
    if (gathered.add(chunk) < chunk.length) return undefined
  return gathered.bytes
}
