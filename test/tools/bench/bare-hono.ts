import { createServer, type IncomingMessage } from 'node:http'
import process from 'node:process'
import { Hono } from 'hono'
import { mountHeaders } from '../../../shared/draw/redirect.ts'

// The control of waiting: `node bare-hono.ts PORT URL` reads what is posted, and answers every other request with one redirect, by an
// empty Hono app on node:http.
const [port = '', url = ''] = process.argv.slice(2)
const app = new Hono()
  .post('*', async (c) => c.text(`${(await c.req.text()).length} characters\n`))
  .all('*', (c) => c.body(null, 302, { ...mountHeaders, Location: `${url}/live.mp3` }))

const server = createServer(async (request, answer) => {
  const { method = 'GET' } = request
  const body = method === 'POST' ? await bodyOf(request) : null
  const response = await app.request(request.url ?? '/', { method, body })
  const text = await response.text()
  answer
    .writeHead(response.status, { ...Object.fromEntries(response.headers), 'Content-Length': text.length })
    .end(text)
})
// connections of the load wait longer than a few seconds for their next request
server.keepAliveTimeout = 600_000
server.listen(Number(port), '127.0.0.1')

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces)
}
