import { ConfigError } from '../error.ts'

const lineFeed = 0x0a

/**
 * Decodes an XML file by its byte order mark, else by the encoding that its first line declares, else as UTF-8
 * (XML 1.0 §4.3.3). Throws {@link ConfigError} if the bytes do not fit: a password with U+FFFD in it would be another one.
 */
export function decodeXml(bytes: Uint8Array): string {
  const encoding = markedEncoding(bytes) ?? declaredEncoding(bytes) ?? 'utf-8'
  const decoder = decoderOf(encoding)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new ConfigError(
      `line ${badLine(bytes, decoder.encoding)}: a byte is not valid ${encoding}; declare the encoding of the file in its first line, like <?xml version="1.0" encoding="ISO-8859-1"?>`,
    )
  }
}

/** The encoding by the first bytes: UTF-16 has a mark, or begins with `<` in one of its two byte orders. */
function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be'
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined
}

/** bytes within which a declaration ends */
const declarationBytesMax = 256

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const [declaration = ''] = String.fromCharCode(...bytes.subarray(0, declarationBytesMax)).split('?>', 1)
  if (!declaration.startsWith('<?xml')) return undefined
  return /\bencoding\s*=\s*["']([\w.-]+)["']/.exec(declaration)?.[1]
}

function decoderOf(encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new ConfigError(
      `line 1: the encoding is ${JSON.stringify(encoding)}, expected a known one like UTF-8 or ISO-8859-1`,
    )
  }
}

/** The line of the first byte that is not valid in the encoding: the first line that does not decode. */
function badLine(bytes: Uint8Array, encoding: string): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(lineFeed, start)
    const next = end < 0 ? bytes.length : end + 1
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(start, next))
    } catch {
      return line
    }
    start = next
  }
  return line
}
