/** A user and password as `Authorization: Basic` carries them. */
export interface Login {
  user: string
  password: string
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads `Basic base64(user:password)` (RFC 7617, UTF-8); undefined where it is anything else. One NUL at the end is cut:
 * Icecast 2.5.0 as a slave encodes the end of its C string too.
 */
export function parseBasic(header: string | null | undefined): Login | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]{1,1024})$/i.exec(header?.trim() ?? '')?.[1]
  if (encoded === undefined) return undefined
  let text: string
  try {
    text = decoder.decode(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)))
  } catch {
    return undefined // not base64
  }
  if (text.endsWith('\0')) text = text.slice(0, -1)
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** The header that {@link parseBasic} reads. */
export const printBasic = ({ user, password }: Login): string =>
  `Basic ${btoa(String.fromCharCode(...encoder.encode(`${user}:${password}`)))}`

/** Whether two secrets are equal, in a time that depends on the length of what was given alone. */
export function sameSecret(given: string, expected: string): boolean {
  const a = encoder.encode(given)
  const b = encoder.encode(expected)
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i % Math.max(1, b.length)] ?? 0)
  return difference === 0 && b.length > 0
}

/** Whether a login is that user with one of these passwords; every one is compared, so the time tells nothing. */
export const isLogin = (login: Login, user: string, passwords: readonly string[]): boolean =>
  passwords.reduce((found, password) => sameSecret(login.password, password) || found, false) &&
  sameSecret(login.user, user)
