import { createServer, type Socket } from 'node:net'
import { numbered } from '../audio/source.ts'
import { type Tag, taggedFrame } from '../audio/tagged.ts'
import { eventually } from '../base/eventually.ts'

/** A server from which relays pull: it serves the mounts that it is told, and tells how often each was asked for. */
export interface Upstream {
  readonly port: number
  /** Serves MP3 of a tag at this path from now on; without a tag it is 404 again, and its listeners are closed. */
  serve(path: string, tag: Tag | undefined): void
  /** Leaves requests for this path without an answer, until it is served. */
  stall(path: string): void
  /** requests for this path so far */
  asked(path: string): number
  /** connections that hear this path at this moment */
  hearing(path: string): number
  close(): void
}

/** ms between two writes to the listeners of a mount: four frames */
const tickMs = 4 * numbered.frameMs

/** Listens on a free port of 127.0.0.1. */
export async function startUpstream(): Promise<Upstream> {
  const served = new Map<string, Tag>()
  const asked = new Map<string, number>()
  const stalled = new Map<string, Socket[]>()
  const hearing = new Map<Socket, string>()
  const of = (path: string) => [...hearing].filter(([, heard]) => heard === path).map(([socket]) => socket)
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => hearing.delete(socket))
    socket.once('data', (bytes) => {
      const path = bytes.toString('latin1').split(' ')[1] ?? ''
      asked.set(path, (asked.get(path) ?? 0) + 1)
      const held = stalled.get(path)
      if (held) held.push(socket)
      else answer(socket, path)
    })
  })
  const answer = (socket: Socket, path: string) => {
    if (served.has(path)) {
      socket.write('HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n')
      hearing.set(socket, path)
    } else socket.end('HTTP/1.0 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno such mount')
  }
  let n = 0
  const ticking = setInterval(() => {
    for (let i = 0; i < 4; i++, n++)
      for (const [socket, path] of hearing) {
        const tag = served.get(path)
        if (tag !== undefined) socket.write(taggedFrame(tag, n))
      }
  }, tickMs)
  server.listen(0, '127.0.0.1')
  await eventually(() => server.listening)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return {
    port: address.port,
    serve(path, tag) {
      if (tag !== undefined) {
        served.set(path, tag)
        for (const socket of stalled.get(path) ?? []) answer(socket, path)
        stalled.delete(path)
      } else if (served.delete(path)) for (const socket of of(path)) socket.end()
    },
    stall: (path) => void stalled.set(path, []),
    asked: (path) => asked.get(path) ?? 0,
    hearing: (path) => of(path).length,
    close() {
      clearInterval(ticking)
      for (const socket of hearing.keys()) socket.destroy()
      server.close()
    },
  }
}
