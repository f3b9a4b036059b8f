import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Pull } from '../../../origin/relay/pull/pull.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'

const anywhere = { configured: '', allowsInside: true, lookUp: () => Promise.resolve([]) }

/** A pull from a server that has answered with a stream, on a clock that the test moves. */
async function opened() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.write('HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await eventually(() => server.listening)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const time = new ManualTime()
  const seen = { opened: 0, bytes: 0, lost: [] as string[] }
  const pull = new Pull(
    new URL(`http://127.0.0.1:${port}/live.mp3`),
    {
      timers: time,
      silenceMs: 10_000,
      icy: true,
      hop: '1.0 x',
      authorizationFor: () => undefined,
      reach: anywhere,
    },
    {
      opened: () => seen.opened++,
      data: (bytes) => {
        seen.bytes += bytes.length
      },
      lost: (why) => seen.lost.push(why),
    },
  )
  onTestFinished(() => {
    pull.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await eventually(() => seen.opened === 1)
  const send = async (bytes: number) => {
    const before = seen.bytes
    sockets[0]?.write(new Uint8Array(bytes))
    await eventually(() => seen.bytes === before + bytes)
  }
  return { time, seen, send }
}

test('a connection without a byte for as long as a source may be silent is lost, at most a quarter later', async () => {
  const { time, seen, send } = await opened()
  await time.pass(9000)
  await send(10)
  await time.pass(10_000)
  expect(seen.lost).toEqual([])
  await time.pass(2500)
  expect(seen.lost).toEqual(['no bytes for 10000 ms'])
})

test('a connection that sends now and then is not lost', async () => {
  const { time, seen, send } = await opened()
  for (let i = 0; i < 5; i++) {
    await time.pass(9900)
    await send(1)
  }
  expect(seen.lost).toEqual([])
})
