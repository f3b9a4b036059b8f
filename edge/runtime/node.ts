import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { isHost } from '../facts.ts'
import type { Listen } from '../listening.ts'

export const listen: Listen = async (host, port, answer) => {
  const handle = getRequestListener(
    (request, { incoming }) => answer(request, () => incoming.socket.remoteAddress),
    { hostname: 'localhost' }, // stands in where there is no Host; nothing is built from it
  )
  const server = createServer((incoming, outgoing) => {
    // the adapter answers 400 to a Host that is none, and would to HTTP/1.0 slaves without one
    if (!isHost(incoming.headers.host)) incoming.headers.host = undefined
    // the adapter makes a URL of the target, and `OPTIONS *`, which some encoders send first, is none
    if (incoming.url === '*') incoming.url = '/'
    handle(incoming, outgoing)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(late)
    },
  }
}
