import { Gathered } from './gathered.ts'

/** The bytes of a body, or undefined if there are more than `bytesMax`. A Content-Length may lie, so it is ignored. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const gathered = new Gathered(bytesMax)
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>)
    if (gathered.add(chunk) < chunk.length) return undefined
  return gathered.bytes
}
