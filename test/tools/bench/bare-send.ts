import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

// The control of the fan-out: not a streaming server, only the minimum of its work. `bare-send.ts PORT FLUSH_MS [CERT KEY]`
// accepts, by TLS if a certificate is given, answers, and writes one buffer of 128 kbit/s to every socket at each flush; with
// 0 it writes nothing after the answer.
const [port = '', flush = '', certFile, keyFile] = process.argv.slice(2)
const flushMs = Number(flush)
const sockets = new Set<Socket>()
const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')

const serve = (socket: Socket) => {
  socket.on('error', () => {})
  socket.once('data', () => {
    socket.write(head)
    sockets.add(socket)
  })
  socket.once('close', () => sockets.delete(socket))
}
const options = { noDelay: true }
const server =
  certFile && keyFile
    ? createTlsServer({ ...options, cert: readFileSync(certFile), key: readFileSync(keyFile) }, serve)
    : createServer(options, serve)
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'))

if (flushMs > 0) {
  const chunk = Buffer.alloc(16 * flushMs)
  setInterval(() => {
    for (const socket of sockets) socket.write(chunk)
  }, flushMs)
}
