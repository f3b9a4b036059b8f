import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import type { Blocks } from '../../shared/http/address.ts'
import { Connections } from './connections.ts'
import { listenOnBun } from './listen-bun.ts'
import { listenOnDeno } from './listen-deno.ts'
import type { Answers, Listening } from './listening.ts'

const logger = getLogger(['distributary', 'edge'])

/** Binds the address and answers requests. @throws if it cannot be bound */
export async function startListening(
  host: string,
  port: number,
  answers: Answers,
  proxies: Blocks,
): Promise<Listening> {
  const connections = new Connections(answers, proxies)
  const bound = await listenHere()(host, port, connections)
  return {
    port: bound.port,
    async close(graceMs) {
      bound.stop()
      await connections.close(graceMs)
    },
  }
}

/** Each runtime has its own sockets below the same connections. */
function listenHere() {
  if ('Bun' in globalThis) return listenOnBun
  return 'Deno' in globalThis ? listenOnDeno : listenOnNode
}

async function listenOnNode(host: string, port: number, connections: Connections) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(socket, connections))
  server.listen(port, host)
  await once(server, 'listening')
  server.on('error', (error) => logger.error('listening socket failed', { host, port, error }))
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() }
}

function accept(socket: Socket, connections: Connections): void {
  // the client went away; 'close' follows
  socket.on('error', () => {})
  const connection = connections.accept(socket, socket.remoteAddress)
  if (!connection) return
  socket
    .on('data', (bytes) => connection.receive(bytes))
    .on('end', () => connection.halfClosed())
    .on('drain', () => connection.drained())
    .on('close', () => connections.delete(connection))
}
