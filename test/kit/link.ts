import { connect, createServer, type Socket } from 'node:net'

/** A line between two servers that a test can cut. */
export interface Link {
  readonly url: string
  readonly port: number
  /** what went up the line, as text, from all connections */
  readonly asked: () => string
  /** Cuts what is connected now; a new connection gets through. */
  cut(): void
  close(): Promise<void>
}

/** Opens a line to a port of this machine, at a free one or at one where a line was before. */
export function openLink(port: number, at = 0): Promise<Link> {
  const ends = new Set<Socket>()
  let asked = ''
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.on('data', (bytes) => {
      asked += bytes.toString('latin1')
    })
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end)
      end.pipe(other)
      end.on('error', () => other.destroy())
      end.on('close', () => {
        ends.delete(end)
        other.destroy()
      })
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
        close: () => {
          cut()
          return new Promise((closed) => server.close(() => closed()))
        },
      })
    })
  })
}
