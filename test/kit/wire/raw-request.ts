import { exchange } from './raw.ts'

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** `HTTP/1.1 302 Found`; empty where the connection was closed without a word */
  statusLine: string
  status: number
  /** the first of each name, in lower case */
  headers: ReadonlyMap<string, string>
  body: string
}

/** Sends exactly these bytes on a connection of their own, reads until the other side closes, and parses what came. */
export async function rawRequest(port: number, bytes: string): Promise<RawAnswer> {
  const text = await exchange(port, bytes)
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
  }
  return { statusLine, status: Number(statusLine.split(' ')[1] ?? 0), headers, body: text.slice(end + 4) }
}
