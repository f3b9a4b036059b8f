import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runtimeTimers } from '../../../origin/lib/timers.ts'
import { Pull } from '../../../origin/relay/pull/pull.ts'
import type { Reach } from '../../../origin/relay/pull/reach.ts'
import { eventually } from '../../kit/base/eventually.ts'

/** A server on this machine that gives every request the same answer, and counts the clients. */
async function server(answer: string) {
  const sockets: Socket[] = []
  const heads: string[] = []
  const listening = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.once('data', (bytes) => {
      heads.push(bytes.toString('latin1'))
      socket.write(answer)
    })
  })
  listening.listen(0, '127.0.0.1')
  await eventually(() => listening.listening)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  const address = listening.address()
  return { port: typeof address === 'object' && address ? address.port : 0, sockets, heads }
}

function pull(url: string, reach: Partial<Reach>) {
  const seen = { opened: 0, lost: [] as string[] }
  const options = {
    timers: runtimeTimers,
    silenceMs: 10_000,
    icy: false,
    hop: '1.0 x',
    authorizationFor: (origin: string) => (origin === reach.configured ? 'Basic secret' : undefined),
    reach: { configured: '', allowsInside: false, lookUp: async () => ['127.0.0.1'], ...reach },
  }
  const events = { opened: () => seen.opened++, data: () => {}, lost: (why: string) => seen.lost.push(why) }
  const pulling = new Pull(new URL(url), options, events)
  onTestFinished(() => pulling.close())
  return seen
}

const stream = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n'
const lookUp = async (host: string) => (host === 'master.example' ? ['203.0.113.1'] : ['127.0.0.1'])

test.each(['127.0.0.1', 'inner.example'])(
  'a relay that a public master leads to %s at a private address does not connect',
  async (host) => {
    const inner = await server(stream)
    const seen = pull(`http://${host}:${inner.port}/x`, { configured: 'http://master.example', lookUp })
    await eventually(() => seen.lost.length === 1)
    expect(seen.lost[0]).toContain('a private address (127.0.0.1)')
    expect(inner.sockets).toHaveLength(0)
  },
)

test('a name is connected to by the address that was checked, and a redirect in the neighbourhood is followed without credentials', async () => {
  const inner = await server(stream)
  const sends = await server(`HTTP/1.0 302 Found\r\nLocation: http://inner.example:${inner.port}/x\r\n\r\n`)
  const configured = `http://127.0.0.1:${sends.port}`
  const seen = pull(`${configured}/live`, { configured, lookUp })
  await eventually(() => seen.opened === 1)
  expect(sends.heads[0]).toContain('Authorization: Basic secret')
  expect(inner.heads[0]).toContain('Host: inner.example')
  expect(inner.heads[0]).not.toContain('Authorization')
})
