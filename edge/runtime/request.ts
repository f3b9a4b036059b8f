import type { RequestHead } from '../http/head.ts'

/** Methods that every runtime takes. Node throws at some others (TRACE), and Bun makes a GET of some (STATS). */
const madeAsTheyAre: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

/**
 * The request that a route gets. Its body comes in one piece, and is read only when the route asks for it: a sender without
 * permission is rejected before.
 */
export function requestOf(
  { method, path, query, headers, framing }: RequestHead,
  readBody: () => Promise<Uint8Array<ArrayBuffer>>,
): Request {
  const isMade = madeAsTheyAre.has(method)
  const hasBody = framing !== undefined && method !== 'GET' && method !== 'HEAD'
  const request = new Request(`http://localhost${path}${query}`, {
    method: isMade ? method : 'POST',
    headers,
    body: hasBody ? streamOf(readBody) : null,
    duplex: 'half',
  })
  if (!isMade) Object.defineProperty(request, 'method', { value: method })
  return request
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
