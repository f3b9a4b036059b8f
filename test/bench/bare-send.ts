import { createServer, type Socket } from 'node:net'

// The control of the fan-out: no streaming server, but the least that one can do. `bare-send.ts PORT FLUSH_MS` accepts, answers,
// and writes one buffer of 128 kbit/s to every socket at each flush; with 0 it writes nothing more.
const [port, flushMs] = process.argv.slice(2).map(Number)
const sockets = new Set<Socket>()
const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.once('data', () => {
    socket.write(head)
    sockets.add(socket)
  })
  socket.once('close', () => sockets.delete(socket))
})
server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'))

if (flushMs) {
  const chunk = Buffer.alloc(16 * flushMs)
  setInterval(() => {
    for (const socket of sockets) socket.write(chunk)
  }, flushMs)
}
