/** Encodes text as bytes of one charset. */
export type EncodeText = (text: string) => Uint8Array

const utf8 = new TextEncoder()
const encodeUtf8: EncodeText = (text) => utf8.encode(text)
/** replaces a character that the charset does not have */
const unknownByte = 0x3f // ?
const made = new Map<string, EncodeText>()

/**
 * Encodes a mount's titles for its listeners (`<charset>`): old players expect ISO-8859-1 or a national charset.
 * Supports
 * single-byte charsets by their WHATWG Encoding Standard names; everything else is written as UTF-8.
 */
export function encoderFor(charset: string | undefined): EncodeText {
  if (charset === undefined) return encodeUtf8
  // Icecast accepts ISO8859-1, which is not a name in the standard
  const name = charset.toLowerCase().replace(/^iso_?8859/, 'iso-8859')
  const encode = made.get(name) ?? singleByteEncoder(name) ?? encodeUtf8
  made.set(name, encode)
  return encode
}

/** Builds an encoder by inverting the platform's decoder, which is a table of 256 bytes. */
function singleByteEncoder(charset: string): EncodeText | undefined {
  const bytes = new Map<string, number>()
  try {
    const decoder = new TextDecoder(charset)
    for (let byte = 0; byte < 256; byte++) bytes.set(decoder.decode(Uint8Array.of(byte)), byte)
  } catch {
    return undefined // unknown charset
  }
  // a multi-byte charset decodes most single bytes to the same replacement character
  if (bytes.size < 200) return undefined
  return (text) => Uint8Array.from(text, (char) => bytes.get(char) ?? unknownByte)
}
