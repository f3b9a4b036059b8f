import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { Handshakes } from '../../../origin/server/handshakes.ts'

/** A connection from a port to one of our addresses; `destroy` reports its end a turn later, like a socket. */
class FakeSocket extends EventEmitter {
  destroyed = false
  readonly remoteAddress = '192.0.2.1'
  readonly remotePort = 4000
  readonly localPort = 8443
  readonly localAddress: string

  constructor(localAddress = '198.51.100.1') {
    super()
    this.localAddress = localAddress
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    setImmediate(() => this.emit('close'))
  }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('connections from one port to two of our addresses are closed, each when its time is up', async () => {
  const handshakes = new Handshakes()
  const first = new FakeSocket('198.51.100.1')
  const second = new FakeSocket('198.51.100.2')
  handshakes.begin(first, 0)
  handshakes.begin(second, 1000)
  handshakes.expire(2500, 2000)
  await turn()
  expect([first.destroyed, second.destroyed]).toEqual([true, false])
  handshakes.expire(3500, 2000)
  expect(second.destroyed).toBe(true)
  await turn()
  expect(handshakes.size).toBe(0)
})

test('a connection that replaces a reset one is closed when its time is up, and nothing is kept of either', async () => {
  const handshakes = new Handshakes()
  const [reset, next] = [new FakeSocket(), new FakeSocket()]
  handshakes.begin(reset, 0)
  handshakes.begin(next, 10)
  reset.emit('close') // reported late
  expect(handshakes.size).toBe(1)
  handshakes.expire(5000, 2000)
  expect(next.destroyed).toBe(true)
  await turn()
  expect(handshakes.size).toBe(0)
})

test('a connection that has become secure is not closed, nor affected by the one before', async () => {
  const handshakes = new Handshakes()
  const [reset, next] = [new FakeSocket(), new FakeSocket()]
  handshakes.begin(reset, 0)
  handshakes.begin(next, 10)
  handshakes.end(next)
  reset.emit('close')
  handshakes.expire(5000, 2000)
  expect(next.destroyed).toBe(false)
  expect(handshakes.size).toBe(0)
})
