/**
 * Converts the escapes of a path that are not UTF-8 from latin1 to UTF-8: old encoders write names in latin1 and Icecast
 * accepts any bytes; here both are the same name.
 */
export function utf8Path(path: string): string {
  if (!path.includes('%')) return path
  try {
    decodeURIComponent(path)
    return path
  } catch {
    return path.replace(/%[89a-f][0-9a-f]/gi, latin1AsUtf8)
  }
}

const latin1AsUtf8 = (escaped: string) =>
  encodeURIComponent(String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
