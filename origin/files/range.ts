/** The requested bytes of a file; both ends are included. */
export interface Span {
  start: number
  end: number
}

/**
 * Reads a `Range` header (RFC 9110 §14.1.2) for a file of `size` bytes: one range `bytes=N-M`, `N-`, or `-N` for the last N
 * bytes. `all` if the whole file is to be sent, as is allowed for several ranges and other units.
 */
export function parseRange(header: string | undefined, size: number): Span | 'all' | 'unsatisfiable' {
  const [, first = '', last = ''] =
    /^\s*bytes\s*=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return 'all'
  if (first === '') return lastBytes(Number(last), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'all' // malformed: ignored
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

const lastBytes = (count: number, size: number): Span | 'unsatisfiable' =>
  count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
