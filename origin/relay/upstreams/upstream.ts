/** One place that a relay can be pulled from. */
export interface Upstream {
  /** of the stream itself */
  readonly url: URL
  /** origin of what the operator named: the stream itself, or the master that told of it */
  readonly configured: string
  /** undefined: it is asked without credentials */
  readonly pass: Pass | undefined
  /** the master that told of it does not answer: it is asked after those of masters that do */
  readonly isDoubtful: boolean
}

/** Credentials, and who may see them; a redirect to anybody else is followed without. */
export interface Pass {
  /** an `Authorization` header's value */
  readonly authorization: string
  /** origins of URLs */
  readonly origins: ReadonlySet<string>
}

/** Upstreams are one where their URLs are equal, credentials or not. */
export const keyOf = ({ url }: Upstream): string => url.href

/** The same in the same order without repeats; of equal ones the first stays, doubtful only where all are. */
export function distinct(upstreams: readonly Upstream[]): Upstream[] {
  const byKey = new Map<string, Upstream>()
  for (const upstream of upstreams) {
    const key = keyOf(upstream)
    const known = byKey.get(key)
    if (!known) byKey.set(key, upstream)
    else if (known.isDoubtful && !upstream.isDoubtful) byKey.set(key, { ...known, isDoubtful: false })
  }
  return [...byKey.values()]
}

/** Whether nothing has changed that bears on whom a relay prefers. */
export const haveSameOrder = (a: readonly Upstream[], b: readonly Upstream[]): boolean =>
  a.length === b.length &&
  a.every((upstream, i) => {
    const other = b[i]
    return other && keyOf(upstream) === keyOf(other) && upstream.isDoubtful === other.isDoubtful
  })
