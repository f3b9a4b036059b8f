import { expect, test } from 'vitest'
import { httpLimits } from '../../../edge/http/limits.ts'
import { Connections } from '../../../edge/runtime/connections.ts'
import { parseBlocks } from '../../../shared/http/address.ts'

test('IPv4 clients of a socket for IPv6 and IPv4 have their plain address, as logs and addresses of an operator have it', async () => {
  const seen: string[] = []
  const connections = new Connections(
    { place: (_, { address }) => void seen.push(address ?? ''), answer: () => new Response() },
    [],
  )
  const ignore = () => {}
  const wire = { write: () => true, end: ignore, destroy: ignore, pause: ignore, resume: ignore }
  for (const address of ['::ffff:192.0.2.7', '192.0.2.7', '2001:db8::7'])
    connections.accept(wire, address)?.receive(Buffer.from('GET /live.mp3 HTTP/1.0\r\n\r\n'))
  expect(seen).toEqual(['192.0.2.7', '192.0.2.7', '2001:db8::7'])
  await connections.close(0)
})

test('clients of a proxy that sends PROXY headers have bounds as if they connected themselves', async () => {
  const connections = new Connections(
    { place: () => undefined, answer: () => new Response() },
    parseBlocks('192.0.2.1'),
  )
  const closed = new Set<number>()
  const connect = (id: number, client: string) => {
    const close = () => closed.add(id)
    const wire = { write: () => true, end: close, destroy: close, pause() {}, resume() {} }
    connections.accept(wire, '192.0.2.1')?.receive(Buffer.from(`PROXY TCP4 ${client} 192.0.2.1 5 80\r\n`))
  }
  const others = 10
  for (let id = 0; id < others; id++) connect(id, `203.0.${id}.1`)
  const crowd = httpLimits.connectionsMax * httpLimits.networkShare + 100
  for (let id = others; id < others + crowd; id++) connect(id, '198.51.100.7')
  expect(closed.size).toBeGreaterThanOrEqual(100)
  expect([...closed].filter((id) => id < others)).toEqual([])
  await connections.close(0)
})
