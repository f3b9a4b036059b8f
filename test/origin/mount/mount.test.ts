import { describe, expect, test } from 'vitest'
import type { OriginLimits } from '../../../origin/config/config.ts'
import { limits } from '../../../origin/limits.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import type { ListenerInfo } from '../../../origin/mount/stream/listener.ts'
import { createState } from '../../../origin/state.ts'
import { framesOf } from '../../kit/audio/mpeg.ts'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const live = mountOf('/live.mp3')
const source: FeedInfo = {
  kind: 'source',
  contentType: 'audio/mpeg',
  headers: new Map(),
  owner: 'source',
}
const somebody: ListenerInfo = {
  address: '192.0.2.1',
  userAgent: undefined,
  connectedAtMs: 0,
  isRelay: false,
}
const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')
const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))

/** A server with one mount fed by a source, on a clock that the test moves. */
function serverWithMount(over: Partial<OriginLimits> = {}) {
  const time = new ManualTime()
  const state = createState({ limits: limitsWith(over) }, time.nowMs, time)
  const feed = state.mounts.open(live, source)
  const mount = state.mounts.get(live)
  if (feed === 'in use' || !mount) throw new Error('the mount did not open')
  const join = (info = somebody) => {
    const wire = new FakeWire()
    return { wire, listener: mount.join(wire, head, info, false) }
  }
  return { time, state, feed, mount, join }
}
const audioOf = (wire: FakeWire) => wire.bytes.subarray(head.length)

describe('fan-out', () => {
  test('is one write per listener and flush, however many packets arrived', () => {
    const { feed, mount, join } = serverWithMount()
    const { wire } = join()
    for (let flush = 0; flush < 3; flush++) {
      for (let i = 0; i < 10; i++) feed.push(numberedFrame(flush * 10 + i))
      mount.flush()
    }
    // the head, the first bytes of a new mount at once, then one per flush
    expect(wire.writes.length).toBeLessThanOrEqual(2 + 3)
    expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 30, skipped: 0 })
  })

  test('is one copy of the bytes for all listeners, the burst included', () => {
    const { feed, mount, join } = serverWithMount()
    feed.push(frames(0, 40))
    mount.flush()
    const early = Array.from({ length: 50 }, () => join().wire)
    feed.push(frames(40, 40))
    mount.flush()
    const late = Array.from({ length: 50 }, () => join().wire)
    const memory = new Set(
      [...early, ...late].flatMap(({ writes }) =>
        writes
          .flat()
          .slice(1)
          .map(({ buffer }) => buffer),
      ),
    )
    expect(memory.size).toBe(mount.queuedChunks)
  })

  test('takes turns: thousands of listeners do not delay a join', async () => {
    const { time, feed, mount, join } = serverWithMount()
    const wires = Array.from({ length: limits.flushSlice * 2 + 1 }, () => join().wire)
    feed.push(frames(0, 10))
    mount.flush()
    const served = () => wires.filter(({ writes }) => writes.length > 1).length
    expect(served()).toBe(limits.flushSlice)
    await time.pass(0)
    expect(served()).toBe(wires.length)
  })

  test('has one timer: 250 ms with few listeners, 1 s with 2,000 or more', async () => {
    const { time, feed, mount, join } = serverWithMount()
    feed.push(frames(0, 10))
    const { wire } = join()
    feed.push(frames(10, 10))
    await time.pass(limits.flushMsMin)
    const few = wire.writes.length
    expect(few).toBe(2)
    for (let i = 0; i < 2000; i++) join()
    await time.pass(limits.flushMsMin) // the timer set before they joined
    feed.push(frames(20, 10))
    await time.pass(999)
    const before = wire.writes.length
    await time.pass(1)
    expect([before, wire.writes.length]).toEqual([few, few + 1])
    expect(mount.listeners).toBe(2001)
  })

  test('counts writes and bytes', () => {
    const { feed, mount, state, time, join } = serverWithMount()
    feed.push(frames(0, 20))
    mount.flush()
    const wires = [join().wire, join().wire]
    feed.push(frames(20, 20))
    mount.flush()
    const audio = wires.reduce((sum, wire) => sum + audioOf(wire).length, 0)
    expect(mount.bytesSent).toBe(audio)
    expect(mount.writes).toBe(2)
    expect(state.load.bandwidthKbps()).toBe(0) // no whole second yet
    return time.pass(1000).then(() => expect(state.load.bandwidthKbps()).toBe(Math.round((audio * 8) / 1000)))
  })
})

describe('a listener', () => {
  test('gets a burst of complete frames at once, at most burst-size, with its head in one write', () => {
    const { feed, mount, join } = serverWithMount({ burst: { bytes: 10_000 } })
    feed.push(frames(0, 100))
    mount.flush()
    const { wire } = join()
    expect(wire.writes).toHaveLength(1)
    const burst = numbersInOrder(audioOf(wire))
    expect(burst).toMatchObject({ skipped: 0, first: 100 - burst.count })
    expect(audioOf(wire).length).toBeLessThanOrEqual(10_000)
    expect(audioOf(wire).length).toBeGreaterThan(10_000 - 420)
  })

  test('hears neither a gap nor a repetition between its burst and what follows', async () => {
    const { time, feed, mount, join } = serverWithMount()
    let next = 0
    const wires: FakeWire[] = []
    for (let step = 0; step < 40; step++) {
      feed.push(frames(next, 1 + (step % 3)).subarray(0))
      next += 1 + (step % 3)
      if (step % 2 === 0) mount.flush()
      wires.push(join().wire)
    }
    mount.flush()
    await time.pass(0)
    for (const wire of wires) {
      const { frames: heard, skipped, rest } = framesOf(audioOf(wire))
      expect([skipped, rest]).toEqual([0, 0])
      expect(numbersInOrder(audioOf(wire)).first + heard.length).toBe(next)
    }
  })

  test('joining a mount that has just begun hears its first frames without waiting for a flush', () => {
    const { feed, join } = serverWithMount()
    feed.push(frames(0, 8))
    expect(numbersInOrder(audioOf(join().wire))).toMatchObject({ first: 0, count: 8 })
  })

  test('that is slow catches up in one write when its socket drains', () => {
    const { feed, mount, join } = serverWithMount()
    feed.push(frames(0, 10))
    mount.flush()
    const { wire } = join()
    wire.block()
    for (let i = 1; i < 6; i++) {
      feed.push(frames(i * 10, 10))
      mount.flush()
    }
    const writes = wire.writes.length // the head with the burst, and the one that filled the socket
    expect(writes).toBe(2)
    wire.drain()
    expect(wire.writes.length).toBe(writes + 1)
    expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 60 })
  })

  test('that drains too late, in the middle of a flush, is dropped once', async () => {
    const { time, feed, mount, state, join } = serverWithMount({
      queueBytes: 20_000,
      burst: { bytes: 10_000 },
    })
    for (let i = 0; i < limits.flushSlice; i++) join()
    const { wire } = join()
    wire.block()
    for (let i = 0; i < 3; i++) {
      feed.push(frames(i * 60, 60))
      mount.flush()
      if (i === 0) await time.pass(0) // it has filled its socket by then
    }
    wire.drain() // the flush has not reached it yet
    await time.pass(0)
    expect(wire.destroyed).toBe(true)
    expect([mount.slow, state.load.slow, mount.listeners]).toEqual([1, 1, limits.flushSlice])
  })

  test('that has fallen off the queue is dropped, and the others hear everything', () => {
    const { feed, mount, state, join } = serverWithMount({ queueBytes: 20_000, burst: { bytes: 10_000 } })
    const quick = join()
    const slow = join()
    slow.wire.block()
    for (let i = 0; i < 20; i++) {
      feed.push(frames(i * 10, 10))
      mount.flush()
    }
    expect(slow.wire.destroyed).toBe(true)
    expect([mount.slow, mount.listeners, state.load.listeners, state.load.slow]).toEqual([1, 1, 1, 1])
    expect(quick.wire.destroyed).toBe(false)
    expect(numbersInOrder(audioOf(quick.wire))).toMatchObject({ first: 0, count: 200 })
    // maximum memory of a listener: its socket's data, and the queue that all share
    expect(slow.wire.writableLength).toBeLessThanOrEqual(20_000)
  })

  test('is counted, with its peak and as a join; a relay is not', () => {
    const { mount, state, join } = serverWithMount()
    const { listener } = join()
    join()
    const relay = join({ ...somebody, isRelay: true })
    expect([mount.listeners, mount.relays, mount.joins, state.load.listeners, state.load.joins]).toEqual([
      2, 1, 2, 2, 2,
    ])
    mount.leave(listener)
    mount.leave(listener)
    mount.leave(relay.listener)
    expect([mount.listeners, mount.relays, mount.listenerPeak, state.load.listeners]).toEqual([1, 0, 2, 1])
    mount.countRefused()
    expect([mount.joins, state.load.joins]).toEqual([3, 3])
  })

  test('gets the last bytes of a mount that ends, however many other listeners there are', () => {
    const { feed, join } = serverWithMount()
    feed.push(frames(0, 10))
    const wires = Array.from({ length: limits.flushSlice * 3 }, () => join().wire)
    feed.push(frames(10, 10))
    feed.end()
    for (const wire of wires) expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 20 })
  })

  test('that is behind gets the last bytes of a mount that ends, and nothing after its end', () => {
    const { feed, mount, join } = serverWithMount()
    const { wire } = join()
    feed.push(frames(0, 10))
    wire.block()
    feed.push(frames(10, 10))
    mount.flush()
    feed.push(frames(20, 10))
    mount.flush()
    feed.push(frames(30, 10))
    feed.end()
    expect(wire.ended).toBe(false)
    // what its socket has not accepted lies in the queue, which all share, except for a chunk
    expect(wire.writableLength).toBeLessThanOrEqual(20 * 418)
    wire.drain()
    expect(wire.ended).toBe(true)
    expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 40 })
  })

  test('is closed when its mount ends, and destroyed if it does not take the rest', async () => {
    const { time, feed, state, join } = serverWithMount()
    const { wire } = join()
    feed.push(frames(0, 3).subarray(0, -10))
    feed.end()
    expect(wire.ended).toBe(true)
    expect(audioOf(wire)).toEqual(frames(0, 3).subarray(0, -10))
    expect(state.mounts.get(live)).toBeUndefined()
    expect(state.load.listeners).toBe(0)
    await time.pass(limits.farewellMs)
    expect(wire.destroyed).toBe(true)
  })
})

describe('a mount', () => {
  test('holds no more than queue-size', () => {
    const { feed, mount } = serverWithMount({ queueBytes: 20_000, burst: { bytes: 10_000 } })
    for (let i = 0; i < 100; i++) {
      feed.push(frames(i * 5, 5))
      mount.flush()
    }
    expect(mount.queuedBytes).toBeLessThanOrEqual(20_000)
  })

  test('sends data at once that a source delivers faster than playback', () => {
    const { feed, mount, join } = serverWithMount()
    const { wire } = join()
    feed.push(frames(0, 400))
    feed.push(frames(400, 400))
    expect(numbersInOrder(audioOf(wire)).count).toBeGreaterThan(700)
    expect(mount.kbps).toBe(128)
  })

  test('with bytes without frames measures its bitrate by the clock', async () => {
    const time = new ManualTime()
    const { mounts } = createState({ limits: limitsWith() }, time.nowMs, time)
    const feed = mounts.open(mountOf('/x.ogg'), { ...source, contentType: 'application/ogg' })
    if (feed === 'in use') throw new Error('in use')
    expect(mounts.get(mountOf('/x.ogg'))?.kbps).toBe(0)
    for (let i = 0; i < 50; i++) {
      feed.push(new Uint8Array(800))
      await time.pass(100)
    }
    expect(mounts.get(mountOf('/x.ogg'))?.kbps).toBe(64)
  })

  test("cleans its feed's data once, on entry: titles, url, headers and type, for players, stats and logs", () => {
    const { state, mount, feed } = serverWithMount()
    feed.setTitle('One\0\nTwo\u2028Three\r\n')
    expect(mount.title).toBe('One Two Three')
    const headers = new Map([['ice-name', 'A\x01B\x7fcaf\xc3\xa9\x1b']])
    const other = mountOf('/other.mp3')
    state.mounts.open(other, { kind: 'source', contentType: 'audio/x\x01\x1b', headers, owner: 'x' })
    expect(state.mounts.get(other)?.contentType).toBe('audio/x')
    expect(state.mounts.get(other)?.headers.get('ice-name')).toBe('A B caf\xc3\xa9')
  })

  test('returns its newest bytes for splicing, including bytes not sent yet', () => {
    const { feed, mount } = serverWithMount()
    feed.push(frames(0, 10))
    mount.flush()
    feed.push(frames(10, 5).subarray(0, -7))
    expect(Buffer.from(mount.tail(3000))).toEqual(frames(0, 15).subarray(-3007, -7))
  })

  test('reports its start, its end and a lost master', () => {
    const { state, feed } = serverWithMount()
    let changes = 0
    state.mounts.onChange(() => changes++)
    state.mounts.open(mountOf('/other.mp3'), { ...source, kind: 'relay' })
    expect(changes).toBe(1)
    feed.interrupt()
    feed.resume(source)
    expect(changes).toBe(3)
    feed.end()
    feed.end()
    expect(changes).toBe(4)
  })

  test('interrupted by a relay keeps its listeners until it continues', () => {
    const { state, mount, feed, join } = serverWithMount()
    feed.push(frames(0, 20))
    const { wire } = join()
    feed.interrupt()
    expect(state.mounts.get(live)?.interruptedAtMs).toBe(0)
    feed.resume(source)
    feed.push(frames(20, 20))
    mount.flush()
    expect(mount.interruptedAtMs).toBeUndefined()
    expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 40 })
  })
})

describe('a mount in use', () => {
  test('rejects another source', () => {
    const { state } = serverWithMount()
    expect(state.mounts.open(live, source)).toBe('in use')
  })

  test('is taken over with the same credentials once the source was silent for 3 s; listeners stay', async () => {
    const { time, state, mount, feed, join } = serverWithMount()
    feed.push(frames(0, 10))
    const { wire } = join()
    await time.pass(2999)
    expect(state.mounts.open(live, source)).toBe('in use')
    await time.pass(1)
    expect(state.mounts.open(live, { ...source, owner: 'another' })).toBe('in use')
    const next = state.mounts.open(live, source)
    if (next === 'in use') throw new Error('not taken over')
    feed.push(frames(99, 1)) // the old source sends again
    feed.end()
    next.push(frames(10, 10))
    mount.flush()
    expect(state.mounts.get(live)).toBe(mount)
    expect(numbersInOrder(audioOf(wire))).toMatchObject({ first: 0, count: 20 })
  })

  test('tells the old source that it was taken over', async () => {
    const { time, state } = serverWithMount()
    const told: string[] = []
    const other = mountOf('/b.mp3')
    state.mounts.open(other, { ...source, onClosed: (why) => told.push(why) })
    await time.pass(3000)
    state.mounts.open(other, source)
    expect(told).toEqual(['taken over'])
  })

  test('becomes free when its source was silent for source-timeout', async () => {
    const { time, state, feed } = serverWithMount()
    await time.pass(5000)
    feed.push(frames(0, 1))
    await time.pass(10_000)
    state.mounts.dropSilent()
    expect(state.mounts.get(live)).toBeDefined()
    await time.pass(1)
    state.mounts.dropSilent()
    expect(state.mounts.get(live)).toBeUndefined()
  })
})
