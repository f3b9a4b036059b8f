import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from './kit/base/eventually.ts'
import { seededRoll } from './kit/parts/reports.ts'
import { openLink } from './kit/wire/link.ts'
import { heldMs } from './kit/wire/way.ts'

test('a piece is held up for as long as its segments are sent again: twice as long each time', () => {
  expect(heldMs(5000, 0, () => 1)).toBe(0)
  const rolls = [0.99, 0.99, 0.5]
  expect(heldMs(1000, 10, () => rolls.shift() ?? 0)).toBe(200 + 400)
  const roll = seededRoll(1)
  const held = Array.from({ length: 10_000 }, () => heldMs(3 * 1448, 10, roll))
  // 1 − 0.9³ of them
  const share = held.filter((ms) => ms > 0).length / held.length
  expect(share).toBeGreaterThan(0.25)
  expect(share).toBeLessThan(0.29)
})

/** A server that says what it hears, a line to it, and a client on that line. */
async function line() {
  const ends: Socket[] = []
  let heard = ''
  const server = createServer((socket) => {
    ends.push(socket)
    socket.on('data', (bytes) => {
      heard += bytes
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const link = await openLink(address.port)
  const client = connect(link.port, '127.0.0.1')
  let answered = ''
  let error: string | undefined
  client.on('data', (bytes) => {
    answered += bytes
  })
  client.on('error', ({ code }: NodeJS.ErrnoException) => {
    error = code
  })
  onTestFinished(async () => {
    client.destroy()
    for (const end of ends) end.destroy()
    await link.close()
    server.close()
  })
  const far = await eventually(() => ends[0])
  return { link, client, far, heard: () => heard, answered: () => answered, error: () => error }
}

test('a line that is cut one way passes nothing that way, and all of it when it is whole again', async () => {
  const { link, client, far, heard, answered } = await line()
  link.become({ isCut: true }, 'up')
  client.write('a')
  far.write('b')
  await eventually(() => answered() === 'b')
  client.write('c')
  expect(heard()).toBe('')
  link.become({ isCut: false })
  await eventually(() => heard() === 'ac')
})

test('a line that loses segments and delays them changes neither bytes nor order', async () => {
  const { link, client, heard } = await line()
  link.become({ lossPercent: 5, delayMs: 5 })
  const sent = Array.from({ length: 50 }, (_, i) => String(i).repeat(500)).join(',')
  for (let at = 0; at < sent.length; at += 1000) client.write(sent.slice(at, at + 1000))
  await eventually(() => heard().length === sent.length)
  expect(heard()).toBe(sent)
})

test('bytes that were sent before the end arrive before it, and a reset ends both sides', async () => {
  const { link, far, answered, client, error } = await line()
  link.become({ delayMs: 20 }, 'down')
  far.write('last words')
  far.end()
  await eventually(() => client.readableEnded)
  expect(answered()).toBe('last words')
  const other = await line()
  other.link.reset()
  await eventually(() => other.error() === 'ECONNRESET' && other.far.destroyed)
  expect(error()).toBeUndefined()
})
