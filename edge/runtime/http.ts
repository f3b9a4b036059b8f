import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { edgeLimits } from '../limits.ts'
import type { Answers } from '../listening.ts'

/** An HTTP server that does not listen yet; it also takes connections by `emit('connection', …)`. */
export const createHttp = (answers: Answers): Server =>
  createServer((incoming, outgoing) => {
    respond(answers, incoming, outgoing).catch(() => incoming.socket.destroy())
  })

/** Answers whole, with its length: what an edge says beside redirects is short. */
async function respond(
  { answer }: Answers,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const request = requestOf(incoming)
  const response = request
    ? await answer(request, () => incoming.socket.remoteAddress)
    : new Response('neither the method nor the target is one of HTTP\n', { status: 400 })
  const body = new Uint8Array(await response.arrayBuffer())
  const length = response.headers.get('content-length') ?? String(body.length)
  // of a text that is given no type Bun's Response says none, where the others say this
  if (length !== '0') outgoing.setHeader('Content-Type', 'text/plain; charset=utf-8')
  if (response.status !== 204) outgoing.setHeader('Content-Length', length)
  for (const [name, value] of response.headers) outgoing.setHeader(name, value)
  outgoing.writeHead(response.status)
  if (incoming.complete) {
    outgoing.end(body)
    return
  }
  // to close on a sender in the middle of its body is a reset, by which it loses the answer
  outgoing.write(body)
  await request?.body?.cancel()
  const late = setTimeout(() => incoming.socket.destroy(), edgeLimits.refusedMs)
  outgoing.once('close', () => clearTimeout(late))
  incoming.once('end', () => outgoing.end()).resume()
}

/** Undefined where the platform knows no such method, or the target is no URL. */
function requestOf(incoming: IncomingMessage): Request | undefined {
  const { method = 'GET', url = '/', rawHeaders } = incoming
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const body = method === 'GET' || method === 'HEAD' ? null : bodyOf(incoming)
  try {
    // `OPTIONS *`, which some encoders send first, is for the server as a whole; the host is believed nowhere
    const target = url.startsWith('/') ? `http://localhost${url}` : url === '*' ? 'http://localhost/' : url
    return new Request(target, { method, headers, body, duplex: 'half' })
  } catch {
    return undefined
  }
}

/** The body of a request, taken off the wire as it is asked for: who may not send one is refused before. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let wanted = true
  return new ReadableStream(
    {
      start(controller) {
        const take = (bytes: Uint8Array) => {
          if (!wanted) return
          incoming.pause()
          controller.enqueue(bytes)
        }
        incoming
          .on('data', take)
          .once('end', () => wanted && controller.close())
          .once('error', (error) => wanted && controller.error(error))
          .pause()
      },
      pull: () => void incoming.resume(),
      cancel() {
        wanted = false
      },
    },
    { highWaterMark: 0 },
  )
}
