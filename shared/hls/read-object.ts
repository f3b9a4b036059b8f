import { readBounded } from '../http/bounded-body.ts'
import { OtherAnswer } from '../http/fail-over.ts'
import type { FetchedObject } from './object-cache.ts'

/**
 * A master's answer to a request for an object: the object, or that it has none (404).
 * @param from the server's address, for the error
 * @param bytesMax a master that sends more is passed over
 * @throws {@link OtherAnswer} at any other status
 */
export async function readObject(
  { status, headers, body }: Response,
  from: string,
  bytesMax: number,
): Promise<FetchedObject> {
  if (status !== 200) {
    await body?.cancel()
    if (status !== 404) throw new OtherAnswer(`${from} answered ${status}`)
    return { status, type: '', bytes: new Uint8Array() }
  }
  const bytes = await readBounded(body, bytesMax)
  if (!bytes) throw new Error(`${from} sent more than ${bytesMax} bytes`)
  return { status, type: headers.get('content-type') ?? '', bytes: new Uint8Array(bytes) }
}
