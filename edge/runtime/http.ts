import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { isHost } from '../facts.ts'
import type { Answers } from '../listening.ts'

/** An HTTP server that does not listen yet; it also takes connections by `emit('connection', …)`. */
export function createHttp({ answer }: Answers): Server {
  const handle = getRequestListener(
    (request, { incoming }) => answer(request, () => incoming.socket.remoteAddress),
    { hostname: 'localhost' }, // stands in where there is no Host; nothing is built from it
  )
  return createServer((incoming, outgoing) => {
    // the adapter makes a URL of the target, and `OPTIONS *`, which some encoders send first, is none
    if (incoming.url === '*') incoming.url = '/'
    // the adapter answers 400 to a Host that is none, and would to HTTP/1.0 slaves without one
    if (!isHost(incoming.headers.host)) incoming.headers.host = undefined
    handle(incoming, outgoing)
  })
}
