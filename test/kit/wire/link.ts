import { connect, createServer, type Socket } from 'node:net'
import { fair, Way, type Weather } from './way.ts'

/** A line between two servers that a test can cut, and to which it can do what a network does. */
export interface Link {
  readonly url: string
  readonly port: number
  /** what went up the line, as text, from all connections */
  readonly asked: () => string
  /** Cuts what is connected now; a new connection gets through. */
  cut(): void
  /** The same by RST, as when a router has forgotten its connections. */
  reset(): void
  /** From now on it is so on the way up, to the server, or on the way down, or both; on all connections, and on those that come. */
  become(weather: Partial<Weather>, which?: 'up' | 'down'): void
  close(): Promise<void>
}

export interface LinkOptions {
  /** where it listens; a free port where none is named */
  at?: number
  /** of what is lost */
  roll?: () => number
}

/** Opens a line to a port of this machine, at a free one or at one where a line was before. */
export function openLink(port: number, { at = 0, roll = Math.random }: LinkOptions = {}): Promise<Link> {
  const ends = new Set<Socket>()
  const ways = new Set<Way>()
  const [up, down] = [{ ...fair }, { ...fair }]
  let asked = ''
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.on('data', (bytes) => {
      asked += bytes.toString('latin1')
    })
    for (const [from, to, weather] of [
      [near, far, up],
      [far, near, down],
    ] as const) {
      ends.add(from)
      from.on('error', () => {}) // 'close' follows
      const way = new Way(from, to, weather, roll)
      ways.add(way)
      from.on('close', () => ends.delete(from))
      to.on('close', () => ways.delete(way))
    }
  })
  const cut = () => {
    for (const end of ends) end.destroy()
  }
  return new Promise((resolve) => {
    server.listen(at, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        port: address.port,
        asked: () => asked,
        cut,
        reset: () => {
          for (const end of ends) end.resetAndDestroy()
        },
        become: (weather, which) => {
          if (which !== 'down') Object.assign(up, weather)
          if (which !== 'up') Object.assign(down, weather)
          for (const way of ways) way.look()
        },
        close: () => {
          cut()
          return new Promise((closed) => server.close(() => closed()))
        },
      })
    })
  })
}
