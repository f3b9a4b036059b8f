import type { RequestRefusal } from './head.ts'

/** An answer: its head and its body. */
export interface PrintedAnswer {
  head: string
  body: readonly Uint8Array[]
  /** the pieces that are made as they are sent; undefined: the body is whole */
  rest?: BodyRest | undefined
}

/** The rest of a long body, in chunks (RFC 9112, section 7.1). */
export interface BodyRest {
  /** the next one; undefined after the last */
  next(): Promise<Uint8Array | undefined>
  /** Ends the work, because the client has gone. */
  cancel(): void
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  206: 'Partial Content',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
}

/** Header names in the traditional case, `Content-Type`: some players and scripts look for exactly that. */
const spelled = (name: string) =>
  name === 'www-authenticate'
    ? 'WWW-Authenticate'
    : name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase())

const noBody: readonly Uint8Array[] = []

const tail = (keepAlive: boolean, nowMs: number) =>
  `Date: ${new Date(nowMs).toUTCString()}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`

/** Prints the answer to a request that is rejected unread; its connection is closed. */
export const printRefusal = ({ status, text }: RequestRefusal, nowMs: number): string =>
  `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\n${tail(false, nowMs)}${text}`

/**
 * Prints an answer: with its length if it names that or is short, in chunks as it is made if it is long. Bun reads even bytes that are
 * there as several pieces.
 * @param isOld the client speaks HTTP/1.0, which has no chunks
 */
export async function printResponse(
  response: Response,
  { method, keepAlive, nowMs, isOld }: { method: string; keepAlive: boolean; nowMs: number; isOld: boolean },
): Promise<PrintedAnswer> {
  const { status, headers } = response
  const { pieces, rest } = await readBody(
    response,
    isOld || method === 'HEAD' || headers.has('content-length'),
  )
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  let head = `HTTP/1.1 ${status} ${reasons[status] ?? 'Unknown'}\r\n`
  const length = headers.get('content-length') ?? String(size)
  if (length !== '0' && !headers.has('content-type')) head += 'Content-Type: text/plain; charset=utf-8\r\n'
  for (const [name, value] of headers)
    if (name !== 'connection' && name !== 'content-length') head += `${spelled(name)}: ${value}\r\n`
  if (rest) head += 'Transfer-Encoding: chunked\r\n'
  else if (status !== 204 && status !== 304) head += `Content-Length: ${length}\r\n`
  const body = rest ? pieces.map(chunkOf) : pieces
  return { head: head + tail(keepAlive, nowMs), body: method === 'HEAD' ? noBody : body, rest }
}

/** Reads a body: all of it if it is short or has to be whole, else its first pieces. */
async function readBody(
  { body }: Response,
  mustBeWhole: boolean,
): Promise<{ pieces: Uint8Array[]; rest?: BodyRest }> {
  const pieces: Uint8Array[] = []
  if (!body) return { pieces }
  const reader = body.getReader()
  while (mustBeWhole || pieces.length < 2) {
    const { done, value } = await reader.read()
    if (done) return { pieces }
    if (value.length > 0) pieces.push(value)
  }
  return { pieces, rest: restOf(reader) }
}

function restOf(reader: ReadableStreamDefaultReader<Uint8Array>): BodyRest {
  let isOver = false
  return {
    async next() {
      if (isOver) return undefined
      let { done, value } = await reader.read()
      // a chunk without bytes would be the last one
      while (!done && value?.length === 0) ({ done, value } = await reader.read())
      isOver = done
      return value ? chunkOf(value) : lastChunk
    },
    cancel() {
      isOver = true
      reader.cancel().catch(() => {})
    },
  }
}

const encoder = new TextEncoder()
const lastChunk = encoder.encode('0\r\n\r\n')

function chunkOf(piece: Uint8Array): Uint8Array {
  const begin = encoder.encode(`${piece.length.toString(16)}\r\n`)
  const chunk = new Uint8Array(begin.length + piece.length + 2)
  chunk.set(begin)
  chunk.set(piece, begin.length)
  chunk.set([0x0d, 0x0a], begin.length + piece.length)
  return chunk
}
