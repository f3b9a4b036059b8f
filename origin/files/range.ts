/** The bytes of a file that are asked for; both ends belong to them. */
export interface Span {
  start: number
  end: number
}

/**
 * Reads a `Range` header (RFC 9110 §14.1.2) for a file of so many bytes: one range of `bytes=N-M`, `N-` or the last
 * `-N`. `all` where there is none that we serve: several ranges and other units may be answered with the whole.
 */
export function parseRange(header: string | undefined, size: number): Span | 'all' | 'unsatisfiable' {
  const [, first = '', last = ''] =
    /^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return 'all'
  if (first === '') return lastBytes(Number(last), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'all' // malformed: as if it were not there
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

const lastBytes = (count: number, size: number): Span | 'unsatisfiable' =>
  count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
