import { createServer, type Socket } from 'node:net'

/**
 * `bare-hls.ts PORT`: the least that a program on this runtime does to serve HLS. It holds whole answers by path, which `PUT` brings, and
 * writes them to whoever asks. It checks nothing, counts nothing and logs nothing.
 */
const answers = new Map<string, Buffer>()

const absent = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString('latin1', 0, bytes.indexOf(13))
    const from = text.indexOf(' ') + 1
    const path = text.slice(from, text.indexOf(' ', from))
    if (text.startsWith('PUT')) keep(socket, path, bytes)
    else socket.write(answers.get(path.split('?', 1)[0] ?? '') ?? absent)
  })
})
const port = Number(process.argv[2])
server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => console.log('ready'))

/** Keeps what a connection sends after its head, until it ends: a whole answer. */
function keep(socket: Socket, path: string, first: Buffer): void {
  const parts = [first.subarray(first.indexOf('\r\n\r\n') + 4)]
  socket.removeAllListeners('data')
  socket.on('data', (bytes: Buffer) => void parts.push(bytes))
  socket.once('end', () => {
    answers.set(path, Buffer.concat(parts))
    socket.end()
  })
}
