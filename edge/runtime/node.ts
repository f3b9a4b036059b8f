import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { edgeLimits } from '../limits.ts'
import type { Answers, Listen } from '../listening.ts'
import { answerPlainly } from '../plain-answers.ts'
import { createHttp } from './http.ts'

/**
 * A connection begins as a bare socket, on which the plain requests of listeners are answered by one write: a request
 * and a response object of Node's for each cost more than all the rest. At the first other request the connection is
 * handed on to the HTTP server that took it in, and stays there.
 */
export const listen: Listen = async (host, port, answers) => {
  const server = createHttp(answers)
  const handOn = server.listeners('connection')
  const bare = new Set<Socket>()
  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    const leave = () => bare.delete(socket)
    bare.add(socket)
    socket.once('close', leave)
    socket.on('error', () => {}) // a listener that went away; 'close' follows
    answerRedirects(socket, answers, () => {
      leave()
      for (const each of handOn) each.call(server, socket)
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      for (const socket of bare) socket.destroySoon()
      const late = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(late)
    },
  }
}

function answerRedirects(socket: Socket, { redirect }: Answers, handOn: () => void): void {
  const peer = () => socket.remoteAddress
  const drop = () => socket.destroy()
  const onEnd = () => socket.end() // the HTTP server's sockets would stay half open
  const onData = (bytes: Buffer) => {
    const { text, read, keepAlive } = answerPlainly(bytes.toString('latin1'), redirect, peer)
    if (!keepAlive) return socket.end(text, 'latin1')
    if (text !== '' && !socket.write(text, 'latin1')) return drop() // it asks on and on, and reads no answer
    if (read === bytes.length) return
    socket.off('data', onData).off('end', onEnd).off('timeout', drop).setTimeout(0)
    socket.pause()
    socket.unshift(bytes.subarray(read))
    handOn()
    socket.resume()
  }
  socket.on('data', onData).on('end', onEnd).on('timeout', drop).setTimeout(edgeLimits.idleMs)
}
