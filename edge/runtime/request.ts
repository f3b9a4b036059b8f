import { requestOfAnyMethod } from '../../shared/http/any-method.ts'
import type { RequestHead } from '../http/head.ts'

/**
 * The request that a route gets. Its body comes in one piece, and is read only when the route asks for it: a sender without
 * permission is rejected before.
 */
export function requestOf(
  { method, path, query, headers, framing }: RequestHead,
  readBody: () => Promise<Uint8Array<ArrayBuffer>>,
): Request {
  const hasBody = framing !== undefined && method !== 'GET' && method !== 'HEAD'
  return requestOfAnyMethod(`http://localhost${path}${query}`, method, {
    headers,
    body: hasBody ? streamOf(readBody) : null,
    duplex: 'half',
  })
}

const streamOf = (readBody: () => Promise<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const bytes = await readBody()
        if (bytes.length > 0) controller.enqueue(bytes)
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
