import { createServer } from 'node:http'
import process from 'node:process'
import { Hono } from 'hono'
import { mountHeaders } from '../../../shared/draw/redirect.ts'

// The control of waiting: `node bare-hono.ts PORT URL` answers every request with one redirect, by an empty Hono app on node:http.
const [port = '', url = ''] = process.argv.slice(2)
const app = new Hono().all('*', (c) => c.body(null, 302, { ...mountHeaders, Location: `${url}/live.mp3` }))

createServer(async (request, answer) => {
  const { status, headers } = await app.request(request.url ?? '/')
  answer.writeHead(status, Object.fromEntries(headers)).end()
}).listen(Number(port), '127.0.0.1')
