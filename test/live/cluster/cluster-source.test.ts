import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'

/** A master that accepts any source, and can drop it. */
async function startMaster() {
  const bodies: Buffer[] = []
  let connected: Socket | undefined
  const server = createServer((socket) => {
    connected = socket
    let body = Buffer.alloc(0)
    const connection = bodies.length
    socket.on('data', (bytes) => {
      if (bytes.includes('PUT ')) socket.write('HTTP/1.0 200 OK\r\n\r\n')
      else body = Buffer.concat([body, bytes])
      bodies[connection] = body
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    connected?.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/live.mp3`, bodies, drop: () => connected?.destroy() }
}

test("the demo's source reconnects to a master that dropped it, and continues with complete frames", async () => {
  const master = await startMaster()
  const source = startSource({ url: master.url, password: 'x', programme: numbered })
  onTestFinished(() => source.close())
  await eventually(() => (master.bodies[0]?.length ?? 0) > 10_000)
  master.drop()
  await eventually(() => !source.isPlaying)
  await eventually(() => (master.bodies[1]?.length ?? 0) > 10_000)
  const [before, after] = master.bodies.map(numbersInOrder)
  expect(before?.first).toBe(0)
  expect(after?.skipped).toBe(0)
  expect(after?.first).toBeGreaterThanOrEqual(before?.count ?? 0)
})
