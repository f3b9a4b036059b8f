import type { Connection } from '../../../../../origin/http/connection.ts'
import { addressOf } from '../decides.ts'

/** What answers a request on a connection. */
type Answers = (connection: Connection) => void

/**
 * One request of a player on a connection of its own, in place of a socket: the answer is read from the bytes that the program writes,
 * to its last one.
 */
export function exchange(request: Request, from: string, nowMs: number, answer: Answers): Promise<Response> {
  return new Promise((resolve) => {
    const written: Uint8Array[] = []
    const socket = {
      destroyed: false,
      writableLength: 0,
      write(bytes: Uint8Array, over?: () => void) {
        written.push(bytes)
        over?.()
        return true
      },
      cork() {},
      uncork() {},
      pause() {},
      resume() {},
    }
    const { pathname: path, search: query } = new URL(request.url)
    const connection = {
      socket,
      address: addressOf(from),
      secure: false,
      via: { secure: false },
      head: { method: request.method, path, query, version: '1.1', headers: request.headers },
      exchange: { status: undefined },
      line: undefined,
      readNext: () => resolve(responseIn(Buffer.concat(written))),
      answered: 0,
      mayStay: true,
      startedAtMs: nowMs,
    }
    connection.head.headers = new Map(request.headers) as never
    answer(connection as unknown as Connection)
  })
}

/** The answer that these bytes are: a head, and a body. */
function responseIn(bytes: Buffer): Response {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return new Response(bytes.toString('latin1', end + 4), { status: Number(first.split(' ')[1]), headers })
}
