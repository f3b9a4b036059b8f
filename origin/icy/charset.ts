/** Text as bytes of a charset. */
export type EncodeText = (text: string) => Uint8Array

const utf8 = new TextEncoder()
const encodeUtf8: EncodeText = (text) => utf8.encode(text)
/** what stands for a character that a charset has not */
const unknownByte = 0x3f // ?
const made = new Map<string, EncodeText>()

/**
 * How a mount's titles are written for its listeners (`<charset>`): players of old expect ISO-8859-1, others what their
 * country wrote. Charsets of one byte a character, by their names of the WHATWG Encoding Standard; UTF-8 for all others.
 */
export function encoderFor(charset: string | undefined): EncodeText {
  if (charset === undefined) return encodeUtf8
  // Icecast writes ISO8859-1, which is no name of the standard
  const name = charset.toLowerCase().replace(/^iso_?8859/, 'iso-8859')
  const encode = made.get(name) ?? singleByteEncoder(name) ?? encodeUtf8
  made.set(name, encode)
  return encode
}

/** There are decoders of every charset, and none of 256 bytes needs more than its table the other way. */
function singleByteEncoder(charset: string): EncodeText | undefined {
  const bytes = new Map<string, number>()
  try {
    const decoder = new TextDecoder(charset)
    for (let byte = 0; byte < 256; byte++) bytes.set(decoder.decode(Uint8Array.of(byte)), byte)
  } catch {
    return undefined // a charset that nobody knows
  }
  // where bytes go together, single ones are all the same replacement
  if (bytes.size < 200) return undefined
  return (text) => Uint8Array.from(text, (char) => bytes.get(char) ?? unknownByte)
}
