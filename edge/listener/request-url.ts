/** The two parts of a request's URL that can be trusted. */
export interface RequestUrl {
  /** begins with `/`, percent-encoded as the runtime gave it */
  path: string
  /** begins with `?`, or is empty */
  query: string
  /** it came by HTTP/1.0 */
  isOld?: boolean
}

/**
 * Takes path and query out of `request.url` without parsing it. The part before them depends on the runtime and on the
 * sender: without a valid Host, Bun leaves it out while Deno and Node invent one, and a request line in absolute form may
 * give any authority.
 */
export function splitRequestUrl(url: string): RequestUrl {
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return { path: '/', query: '' }
  const hash = url.indexOf('#', start)
  const end = hash < 0 ? url.length : hash
  const mark = url.indexOf('?', start)
  if (mark < 0 || mark > end) return { path: url.slice(start, end), query: '' }
  return { path: url.slice(start, mark), query: url.slice(mark, end) }
}
