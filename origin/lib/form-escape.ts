const isPlain = /[0-9A-Za-z]/

/** As Icecast 2.4 writes a value of a form: every byte that is no letter or digit, a space too, as `%` and two hex digits in lower case. */
export function formEscaped(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    text += isPlain.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
