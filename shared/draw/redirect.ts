/** Headers of every answer about a mount: no cache may keep it, any page may read it (docs/protocol.md#headers-of-a-redirect). */
export const mountHeaders = {
  'Cache-Control': 'no-store, no-cache, private, max-age=0',
  Pragma: 'no-cache',
  Expires: '0',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': '*',
  'Referrer-Policy': 'no-referrer',
} as const

/** The answer to a CORS preflight; browsers send one for a `fetch` with `Icy-MetaData`. */
export const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'Icy-MetaData, Range',
  'Access-Control-Max-Age': '86400',
} as const

/**
 * The answer to a preflight for these headers. `Authorization` is allowed if requested: a player may send a login, although
 * browsers drop it at a redirect to another host.
 * @param asked `Access-Control-Request-Headers`
 */
export const preflightHeaders = (asked: string | null | undefined) =>
  /(?:^|[\s,])authorization(?:[\s,]|$)/i.test(asked ?? '')
    ? { ...corsHeaders, 'Access-Control-Allow-Headers': 'Icy-MetaData, Range, Authorization' }
    : corsHeaders

/** The `Retry-After` of a listener that finds no room, in seconds, jittered so that a crowd does not return all at once. */
export const retryAfterSeconds = (roll: number): number => 5 + Math.floor(roll * 11)

/** Whether a `User-Agent` is that of a relay: Icecast, its forks, distributary (S11). */
export const isRelayAgent = (userAgent: string | null | undefined): boolean =>
  /^icecast/i.test(userAgent ?? '')

/** The first `x` of a query: the server that sent this listener back, or `-`. The query is as in a URL, with its `?`, or empty. */
export function sentBackBy(query: string): string | undefined {
  if (!query.includes('x=')) return undefined
  const value = /(?:^\??|&)x=([^&]*)/.exec(query)?.[1]
  if (value === undefined) return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** The query with a single `x=ID` at its end, in place of any other `x`. */
export function withSentBack(query: string, id: string): string {
  const others = query
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part !== '' && !/^x(=|$)/.test(part))
  return `?${[...others, `x=${encodeURIComponent(id)}`].join('&')}`
}

/** The `Location` of a redirect: the mount's url at a server and the query; `x=-` in place of a send-back. */
export const locationOf = (url: string, query: string): string =>
  url + (sentBackBy(query) === undefined ? query : withSpent(query))

/** The query with its first `x` replaced by `x=-` and any further ones removed; the rest is unchanged. */
function withSpent(query: string): string {
  const parts = query.replace(/^\?/, '').split('&')
  const first = parts.findIndex(isSendBack)
  return `?${parts.flatMap((part, i) => (i === first ? ['x=-'] : isSendBack(part) ? [] : [part])).join('&')}`
}

const isSendBack = (part: string) => part.startsWith('x=')
