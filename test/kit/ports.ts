import { createServer } from 'node:net'

/** Below the range from which systems take the ports of outgoing connections, so that none of those is in the way. */
const firstPort = 10_000
const lastPort = 30_000

/** The first of `count` neighbouring ports that are free at this moment. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = firstPort + Math.floor(Math.random() * (lastPort - firstPort - count))
    const ports = Array.from({ length: count }, (_, i) => base + i)
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return base
  }
  throw new Error(`no ${count} neighbouring free ports from ${firstPort} to ${lastPort} in 100 attempts`)
}

/** A port that is free at this moment. */
export const freePort = () => freePortBlock(1)

/** Whether nobody listens on this port. */
export const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
