/** The user and password of an `Authorization: Basic`, decoded by {@link textOfSecret}, so that no byte of either is lost. */
export interface Login {
  user: string
  password: string
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** bytes above 0x7f that are not UTF-8 map to code units from here on: half a surrogate pair, which well-formed text never has */
const rawByteAt = 0xdc00
const rawByte = /[\udc80-\udcff]/

/**
 * The text of bytes whose encoding is unknown: UTF-8 if they are valid, else each byte above 0x7f becomes a code unit of
 * its own. So two texts are equal exactly if their bytes are. {@link secretBytes} is the inverse.
 */
export function textOfSecret(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : rawByteAt + byte)
    return text
  }
}

/** The bytes that {@link textOfSecret} was given. */
export const secretBytes = (text: string): Uint8Array =>
  rawByte.test(text) && !text.isWellFormed()
    ? Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff)
    : encoder.encode(text)

/**
 * Parses `Basic base64(user:password)` (RFC 7617, UTF-8); undefined if it is anything else. One NUL at the end is removed:
 * Icecast 2.5.0 as a slave encodes the terminator of its C string too.
 */
export function parseBasic(header: string | null | undefined): Login | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]{1,1024})$/i.exec(header?.trim() ?? '')?.[1]
  if (encoded === undefined) return undefined
  let text: string
  try {
    text = textOfSecret(Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0)))
  } catch {
    return undefined // not base64
  }
  if (text.endsWith('\0')) text = text.slice(0, -1)
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** The header that {@link parseBasic} parses. */
export const printBasic = ({ user, password }: Login): string =>
  `Basic ${btoa(String.fromCharCode(...secretBytes(`${user}:${password}`)))}`

/**
 * Whether two secrets are equal, in a time that depends only on the length of `given`. It compares code units: encoded as
 * UTF-8, all unpaired surrogates would be the same.
 */
export function sameSecret(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let i = 0; i < given.length; i++)
    difference |= given.charCodeAt(i) ^ expected.charCodeAt(i % Math.max(1, expected.length))
  return difference === 0 && expected.length > 0
}

/** Whether a login is that user with one of these passwords; all of them are compared, so the time reveals nothing. */
export const isLogin = (login: Login, user: string, passwords: readonly string[]): boolean =>
  passwords.reduce((found, password) => sameSecret(login.password, password) || found, false) &&
  sameSecret(login.user, user)
