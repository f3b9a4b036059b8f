/** A user and password as `Authorization: Basic` carries them, as {@link textOfSecret} has them: no byte of either is lost. */
export interface Login {
  user: string
  password: string
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** where a byte above 0x7f stands that is not UTF-8: half of a surrogate pair, which no text has by itself */
const rawByteAt = 0xdc00
const rawByte = /[\udc80-\udcff]/

/**
 * The text of bytes whose encoding is not known: UTF-8 where they are that, else each byte above 0x7f in a place of its
 * own, so that two texts are equal where their bytes are and nowhere else. {@link secretBytes} is the way back.
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

/** The bytes that a secret came as. */
export const secretBytes = (text: string): Uint8Array =>
  rawByte.test(text) && !text.isWellFormed()
    ? Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff)
    : encoder.encode(text)

/**
 * Reads `Basic base64(user:password)` (RFC 7617, UTF-8); undefined where it is anything else. One NUL at the end is cut:
 * Icecast 2.5.0 as a slave encodes the end of its C string too.
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

/** The header that {@link parseBasic} reads. */
export const printBasic = ({ user, password }: Login): string =>
  `Basic ${btoa(String.fromCharCode(...secretBytes(`${user}:${password}`)))}`

/**
 * Whether two secrets are equal, in a time that depends on the length of what was given alone. It compares the characters as
 * they are: written as UTF-8, halves of pairs would all be the same.
 */
export function sameSecret(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let i = 0; i < given.length; i++)
    difference |= given.charCodeAt(i) ^ expected.charCodeAt(i % Math.max(1, expected.length))
  return difference === 0 && expected.length > 0
}

/** Whether a login is that user with one of these passwords; every one is compared, so the time tells nothing. */
export const isLogin = (login: Login, user: string, passwords: readonly string[]): boolean =>
  passwords.reduce((found, password) => sameSecret(login.password, password) || found, false) &&
  sameSecret(login.user, user)
