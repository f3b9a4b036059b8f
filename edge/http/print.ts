import type { RequestRefusal } from './head.ts'

/** A complete answer: its head and its body. */
export interface PrintedAnswer {
  head: string
  body: Uint8Array<ArrayBuffer>
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
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

const noBody = new Uint8Array(0)

const tail = (keepAlive: boolean, nowMs: number) =>
  `Date: ${new Date(nowMs).toUTCString()}\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`

/** Prints the answer to a request that is rejected unread; its connection is closed. */
export const printRefusal = ({ status, text }: RequestRefusal, nowMs: number): string =>
  `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\n${tail(false, nowMs)}${text}`

/** Prints an answer with its length; an edge's answers are short enough to be held in memory. */
export async function printResponse(
  response: Response,
  { method, keepAlive, nowMs }: { method: string; keepAlive: boolean; nowMs: number },
): Promise<PrintedAnswer> {
  const { status, headers } = response
  const whole = new Uint8Array(await response.arrayBuffer())
  let head = `HTTP/1.1 ${status} ${reasons[status] ?? 'Unknown'}\r\n`
  const length = headers.get('content-length') ?? String(whole.length)
  if (length !== '0' && !headers.has('content-type')) head += 'Content-Type: text/plain; charset=utf-8\r\n'
  for (const [name, value] of headers)
    if (name !== 'connection' && name !== 'content-length') head += `${spelled(name)}: ${value}\r\n`
  if (status !== 204 && status !== 304) head += `Content-Length: ${length}\r\n`
  return { head: head + tail(keepAlive, nowMs), body: method === 'HEAD' ? noBody : whole }
}
