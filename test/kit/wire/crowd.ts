import { connect, type Socket } from 'node:net'

/** A listener who stays, and throws away what it hears. */
export interface Seat {
  /** of the last answer */
  status: number
  /** every URL asked, in order */
  hops: string[]
  leave(): void
}

/** more redirects than any chain of ours may have */
const hopsMax = 8

/** Takes a seat: follows redirects until somebody answers otherwise, and stays connected there. */
export async function takeSeat(url: string): Promise<Seat> {
  const hops: string[] = []
  let at = url
  for (;;) {
    hops.push(at)
    const { status, location, socket } = await ask(at)
    if (status !== 302 || location === undefined || hops.length === hopsMax)
      return { status, hops, leave: () => socket.destroy() }
    socket.destroy()
    at = location
  }
}

/** Many who come evenly over a time, each not waiting for the one before. */
export async function crowd(url: string, count: number, overMs: number): Promise<Seat[]> {
  const startMs = performance.now()
  const coming: Promise<Seat>[] = []
  while (coming.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - startMs) / overMs) * count))
    while (coming.length < due) coming.push(takeSeat(url))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return Promise.all(coming)
}

const ask = (url: string) =>
  new Promise<{ status: number; location: string | undefined; socket: Socket }>((resolve, reject) => {
    const { host, hostname, port, pathname, search } = new URL(url)
    const socket = connect(Number(port), hostname)
    let head = ''
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: crowd\r\n\r\n`)
    const onData = (bytes: Buffer) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', onData)
      socket.resume()
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
      resolve({ status, location: /\r\nlocation: (\S+)/i.exec(head)?.[1], socket })
    }
    socket.on('data', onData)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${url} closed before it answered: "${head}"`)))
  })
