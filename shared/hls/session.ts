declare const sessionBrand: unique symbol
/**
 * The `s=` of a listener: what its player shows, in characters that a URL has as they are. Those that this module makes are 96 random
 * bits, as 16 characters of base64url.
 */
export type SessionId = string & { readonly [sessionBrand]: true }

/** bytes: 96 bits cannot be guessed, and no two sessions of a year are likely to agree */
export const sessionBytes = 12

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A session's id. @param random {@link sessionBytes} bytes of a secure random generator */
export function sessionIdOf(random: Uint8Array): SessionId {
  let id = ''
  for (let i = 0; i < random.length; i += 3) {
    const bits = ((random[i] ?? 0) << 16) | ((random[i + 1] ?? 0) << 8) | (random[i + 2] ?? 0)
    for (const shift of [18, 12, 6, 0]) id += alphabet[(bits >> shift) & 63]
  }
  return id as SessionId
}

/** A new session's id, from the runtime's secure random generator. */
export const newSessionId = (): SessionId => sessionIdOf(crypto.getRandomValues(new Uint8Array(sessionBytes)))

/** characters of an `s=` that a player made itself: a UUID has 36, 256 bits in hex have 64 */
const lengthMax = 64
const form = /^[A-Za-z0-9._~-]+$/

/** The session that a query names; undefined without one, or if a URL could not have it as it is. */
export function sessionOf(query: string): SessionId | undefined {
  const value = /(?:^\??|&)s=([^&]*)/.exec(query)?.[1]
  if (value === undefined || value.length > lengthMax || !form.test(value)) return undefined
  return value as SessionId
}
