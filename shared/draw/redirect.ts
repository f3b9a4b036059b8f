/** Headers of every answer about a mount: nothing may cache it, every page may read it (docs/protocol.md#headers-of-a-redirect). */
export const mountHeaders = {
  'Cache-Control': 'no-store, no-cache, private, max-age=0',
  Pragma: 'no-cache',
  Expires: '0',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': '*',
  'Referrer-Policy': 'no-referrer',
} as const

/** What a preflight is told; `Icy-MetaData` in a request of `fetch` makes browsers ask. */
export const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'Icy-MetaData, Range',
  'Access-Control-Max-Age': '86400',
} as const

/**
 * What a preflight is told that asks for these headers. `Authorization` is named where it is asked for: a player may show a
 * login, though browsers drop it at a redirect to another host.
 * @param asked `Access-Control-Request-Headers`
 */
export const preflightHeaders = (asked: string | null | undefined) =>
  /(?:^|[\s,])authorization(?:[\s,]|$)/i.test(asked ?? '')
    ? { ...corsHeaders, 'Access-Control-Allow-Headers': 'Icy-MetaData, Range, Authorization' }
    : corsHeaders

/** Seconds that a listener without room is asked to wait, jittered so that a crowd does not come back at once. */
export const retryAfterSeconds = (roll: number): number => 5 + Math.floor(roll * 11)

/** `User-Agent` of a server that relays: Icecast's own, its forks', ours (S11). */
export const isRelayAgent = (userAgent: string | null | undefined): boolean =>
  /^icecast/i.test(userAgent ?? '')

/** The first `x` of a query: the server that sent this listener back, or `-`. The query is as in a URL, with `?` or empty. */
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

/** The query with every `x` replaced by `x=ID`, added where there was none. */
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

/** The query with `x=-` where its first `x` stood, and no other; all else stays as it came. */
function withSpent(query: string): string {
  const parts = query.replace(/^\?/, '').split('&')
  const first = parts.findIndex(isSendBack)
  return `?${parts.flatMap((part, i) => (i === first ? ['x=-'] : isSendBack(part) ? [] : [part])).join('&')}`
}

const isSendBack = (part: string) => part.startsWith('x=')
