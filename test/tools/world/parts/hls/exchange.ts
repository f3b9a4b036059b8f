import { Socket } from 'node:net'
import type { Connection } from '../../../../../origin/http/connection.ts'
import { beginExchange } from '../../../../../origin/http/exchange.ts'
import { addressOf } from '../decides.ts'

/** What answers a request on a connection. */
type Answers = (connection: Connection) => void

/** A socket that is connected to nothing: what is written is kept, and counts as sent at once. */
class Kept extends Socket {
  readonly written: Uint8Array[] = []

  override write(bytes: Uint8Array | string, over?: unknown): boolean {
    this.written.push(Buffer.from(bytes))
    if (typeof over === 'function') over()
    return true
  }
}

/** One request of a player on a connection of its own, in place of a socket: the answer is read from the bytes that the program writes. */
export function exchange(request: Request, from: string, nowMs: number, answer: Answers): Promise<Response> {
  return new Promise((resolve) => {
    const socket = new Kept()
    const { pathname: path, search: query } = new URL(request.url)
    const head = {
      method: request.method,
      path,
      query,
      version: '1.1' as const,
      headers: new Map(request.headers),
    }
    const address = addressOf(from)
    answer({
      socket,
      address,
      secure: false,
      via: { port: 0, bind: undefined, secure: false, protocol: 'http', shoutcastMount: undefined },
      head,
      exchange: beginExchange(head, address, nowMs),
      rest: new Uint8Array(0),
      line: undefined,
      repeat: undefined,
      readNext: () => resolve(responseIn(Buffer.concat(socket.written))),
      answered: 0,
      mayStay: true,
    })
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
  return new Response(new Uint8Array(bytes.subarray(end + 4)), {
    status: Number(first.split(' ')[1]),
    headers,
  })
}
