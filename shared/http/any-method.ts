/** Methods that every runtime takes. Node throws at some others (TRACE), and Bun makes a GET of some (STATS). */
const takenByAll: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

/** A request for routes, whatever its method is. */
export function requestOfAnyMethod(url: string, method: string, init: Omit<RequestInit, 'method'>): Request {
  const isTaken = takenByAll.has(method)
  const request = new Request(url, { ...init, method: isTaken ? method : 'POST' })
  if (!isTaken) Object.defineProperty(request, 'method', { value: method })
  return request
}
