import type { Buffer } from 'node:buffer'
import process from 'node:process'
import { mountHeaders } from '../../../shared/draw/redirect.ts'

// The control of the redirects: what Bun itself takes for a request and an answer. `bun bare-redirect.ts socket|serve PORT URL`
// answers everything that it reads with the same redirect, on a socket like an edge, or by the empty handler of Bun's HTTP server.
const [how = '', port = '', url = ''] = process.argv.slice(2)
const bind = { hostname: '127.0.0.1', port: Number(port) }
const headers = { Location: `${url}/live.mp3`, ...mountHeaders }

interface BunLike {
  listen(
    options: typeof bind & {
      socket: { data(socket: { write(text: string): number }, bytes: Buffer): void }
    },
  ): void
  serve(options: typeof bind & { fetch(): Response }): void
}
declare const Bun: BunLike

if (how === 'serve') Bun.serve({ ...bind, fetch: () => new Response(null, { status: 302, headers }) })
else {
  const lines = Object.entries({ ...headers, 'Content-Length': '0', Date: new Date(0).toUTCString() })
  const answer = `HTTP/1.1 302 Found\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  Bun.listen({ ...bind, socket: { data: (socket) => void socket.write(answer) } })
}
