/**
 * What stands around a value in a head (RFC 9110 §5.6.3). In text that holds a byte in each character, `String.trim` takes
 * U+00A0 too, which in UTF-8 is the end of à or Р.
 */
export const blanks = ' \t'

/** The text without these characters at both ends. A regular expression for the end takes quadratic time on a text full of them. */
export function trimmed(text: string, chars: string): string {
  let start = 0
  while (start < text.length && chars.includes(text.charAt(start))) start++
  return trimmedEnd(text, chars, start)
}

/** The text from `start` on, without these characters at its end. */
export function trimmedEnd(text: string, chars: string, start = 0): string {
  let end = text.length
  while (end > start && chars.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
