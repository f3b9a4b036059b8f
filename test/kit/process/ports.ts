import { connect, createServer } from 'node:net'

/** Below the range from which systems take the ports of outgoing connections, so that none of those is in the way. */
const firstPort = 10_000
const lastPort = 30_000

/** parts of the range: each worker of vitest takes ports of its own, since a port is free until its program has bound it */
const parts = 20
const partPorts = (lastPort - firstPort) / parts
const ownFirst = firstPort + (Number(process.env.VITEST_POOL_ID ?? 0) % parts) * partPorts
/** ports of its own that this process has handed out; the first is drawn, since another run may have the same part */
let handedOut = Math.floor(Math.random() * partPorts)

/** The first of the next `count` of its own ports, which follow each other. */
function nextPorts(count: number): number {
  if ((handedOut % partPorts) + count > partPorts) handedOut = 0
  const first = ownFirst + (handedOut % partPorts)
  handedOut += count
  return first
}

/** The first of `count` neighbouring ports that are free at this moment, and that no other test is given. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = nextPorts(count)
    const ports = Array.from({ length: count }, (_, i) => base + i)
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return base
  }
  throw new Error(`no ${count} neighbouring free ports from ${firstPort} to ${lastPort} in 100 attempts`)
}

/** A port that is free at this moment. */
export const freePort = () => freePortBlock(1)

/** Whether nobody listens on this port. It binds the port for a moment: never ask so for a port that a program is about to bind. */
export const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

/** Whether somebody listens on this port of 127.0.0.1. It takes the port from nobody. */
export const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
