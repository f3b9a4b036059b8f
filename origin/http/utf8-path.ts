/**
 * A path whose escapes are not UTF-8, with each of its bytes as the latin1 that it is: old encoders write names so, Icecast
 * takes any bytes, and here they are the same name as in UTF-8.
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
