const isPlain = /[0-9A-Za-z]/

/** Escapes a form value as Icecast 2.4 does: every byte that is not a letter or digit, spaces too, as `%` and two hex digits in lower case. */
export function formEscaped(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    text += isPlain.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
