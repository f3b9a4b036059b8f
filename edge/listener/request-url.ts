/** The two parts of a request's URL that may be believed. */
export interface RequestUrl {
  /** begins with `/`, percent-encoded as the runtime handed it on */
  path: string
  /** begins with `?`, or is empty */
  query: string
}

/**
 * Takes path and query out of `request.url` without parsing it. What stands before them differs by runtime and by
 * whim of the sender: Bun leaves it out where there is no valid Host, Deno and Node invent one, and a request line
 * in absolute form puts in any authority.
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
