import { expect, test } from 'vitest'
import { httpLimits } from '../../../edge/http/limits.ts'
import { Connections } from '../../../edge/runtime/connections.ts'
import { parseBlocks } from '../../../shared/http/address.ts'

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
