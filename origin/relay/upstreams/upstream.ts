/** A server and path that a relay can pull from. */
export interface Upstream {
  /** URL of the stream */
  readonly url: URL
  /** origin that the operator configured: the stream's own, or that of the master that listed it */
  readonly configured: string
  /** undefined: it is asked without credentials */
  readonly pass: Pass | undefined
  /** the master that listed it does not answer: it is tried after upstreams of masters that do */
  readonly isDoubtful: boolean
}

/** Credentials, and the hosts that may receive them; a redirect to any other host is followed without them. */
export interface Pass {
  /** value of an `Authorization` header */
  readonly authorization: string
  /** origins of URLs that may receive it */
  readonly origins: ReadonlySet<string>
}

/** Upstreams with equal URLs are the same, whatever their credentials. */
export const keyOf = ({ url }: Upstream): string => url.href

/** Removes repeats and keeps the order; of equal upstreams the first stays, and is doubtful only if all are. */
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

/** Whether two lists give a relay the same preferences. */
export const haveSameOrder = (a: readonly Upstream[], b: readonly Upstream[]): boolean =>
  a.length === b.length &&
  a.every((upstream, i) => {
    const other = b[i]
    return other && keyOf(upstream) === keyOf(other) && upstream.isDoubtful === other.isDoubtful
  })
