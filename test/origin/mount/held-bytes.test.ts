import { describe, expect, test, vi } from 'vitest'
import { Pending } from '../../../origin/format/framer.ts'
import { giveBack } from '../../../origin/lib/bytes.ts'
import { limits } from '../../../origin/limits.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import type { ActiveMount } from '../../../origin/mount/mount.ts'
import { Queue } from '../../../origin/mount/stream/queue.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const burst = 65_536
const queue = 512_000
const metaint = 16_000
const flushFrames = 10
/** bytes of one flush */
const chunk = flushFrames * numberedFrame(0).length
const framesOfMinute = 2300

/** A server with so many mounts, on a clock that the test moves. */
function serverWith(count: number, kind: FeedInfo['kind'] = 'source') {
  const time = new ManualTime()
  const state = createState({ limits: limitsWith({ sources: count }) }, time.nowMs, time)
  const mounts = Array.from({ length: count }, (_, i) => {
    const name = mountOf(`/mount-${i}.mp3`)
    const info: FeedInfo = { kind, contentType: 'audio/mpeg', headers: new Map(), owner: 'source' }
    const feed = state.mounts.open(name, info)
    const mount = state.mounts.get(name)
    if (feed === 'in use' || !mount) throw new Error(`${name} did not open`)
    let next = 0
    const play = (frames: number) => {
      for (let i = 0; i < frames; i += flushFrames) {
        const bytes = Array.from({ length: flushFrames }, (_, k) => numberedFrame(next + k))
        next += flushFrames
        feed.push(Buffer.concat(bytes))
        mount.flush()
      }
    }
    return { mount, play, push: (bytes: Uint8Array) => feed.push(bytes) }
  })
  const [first] = mounts
  if (!first) throw new Error('there is no mount')
  return { time, state, mounts, first }
}

function join(mount: ActiveMount, icy = false): FakeWire {
  const wire = new FakeWire()
  const info = { address: '192.0.2.1', userAgent: undefined, connectedAtMs: 0, isRelay: false }
  mount.join(wire, new Uint8Array(), info, icy)
  return wire
}

/** Plays a mount, and says how many of its chunks still have their memory, of all and of those that it holds. */
function memoryOf(mount: ActiveMount, play: (frames: number) => void, isKept = false) {
  const seen: Uint8Array[] = []
  const push = Queue.prototype.push
  const spy = vi.spyOn(Queue.prototype, 'push').mockImplementation(function (this: Queue, chunk) {
    if (seen.at(-1) !== chunk.bytes) seen.push(chunk.bytes)
    push.call(this, chunk)
  })
  const tap = { chunk: () => {}, title: () => {}, broken: () => {} }
  const { leave } = isKept ? mount.follow(tap) : { leave: () => {} }
  play(1000)
  leave()
  spy.mockRestore()
  return { all: seen.length, there: seen.filter(({ length }) => length > 0).length, held: mount.queuedChunks }
}

describe('the memory of bytes that a mount drops', () => {
  test('is free at once where nobody was given them: a garbage collector would come seconds later', () => {
    const { mount, play } = serverWith(500).first
    const { all, there, held } = memoryOf(mount, play)
    expect(all).toBeGreaterThan(2 * held)
    expect(there).toBe(held)
  })

  test('stays where a listener, with metadata too, or a packager may still have them', () => {
    const plain = serverWith(500).first
    plain.play(400)
    join(plain.mount)
    const woven = serverWith(500).first
    woven.play(400)
    join(woven.mount, true)
    const packaged = serverWith(500).first
    packaged.play(400)
    for (const [{ mount, play }, isKept] of [
      [plain, false],
      [woven, false],
      [packaged, true],
    ] as const) {
      const { all, there, held } = memoryOf(mount, play, isKept)
      expect(all).toBeGreaterThan(held)
      expect(there).toBe(all)
    }
  })

  test('stays where a connection may still send them, though its listener left right after its burst', () => {
    for (const icy of [false, true]) {
      const { mount, play } = serverWith(500).first
      play(400)
      const wire = join(mount, icy)
      const heard = Buffer.from(wire.bytes)
      for (const listener of mount.everyone) mount.leave(listener)
      play(1000)
      expect(heard.length).toBeGreaterThan(0)
      expect(wire.bytes.equals(heard)).toBe(true)
    }
  })

  test('is free again some time after the last listener has gone', () => {
    const { mount, play } = serverWith(500).first
    play(400)
    const wire = join(mount)
    play(100)
    for (const listener of mount.everyone) mount.leave(listener)
    const heard = Buffer.from(wire.bytes)
    const { there, held } = memoryOf(mount, play)
    expect(there).toBe(held)
    expect(wire.bytes.equals(heard)).toBe(true)
    expect(numbersInOrder(heard).skipped).toBe(0)
  })

  test('of one source does not grow by what another one has', () => {
    const kept = new Uint8Array(100).subarray(10, 60)
    giveBack(kept)
    expect(kept.length).toBe(50)
    const own = new Uint8Array(100)
    giveBack(own)
    expect(own.length).toBe(0)
  })
})

describe('a mount that nobody hears', () => {
  test('has no timer, and is cut as often as one that is heard, when its source sends', async () => {
    const { time, mounts } = serverWith(500)
    for (const { push } of mounts.slice(0, 3)) push(numberedFrame(0))
    expect(time.timers).toBe(0)
    const [{ mount, push } = serverWith(1).first] = mounts
    for (let i = 0; i < 40; i++) {
      await time.pass(100)
      push(Buffer.concat([1, 2, 3, 4].map((k) => numberedFrame(i * 4 + k))))
    }
    expect(mount.queuedChunks).toBeGreaterThanOrEqual(13)
    expect(mount.queuedChunks).toBeLessThanOrEqual(15)
    expect(time.timers).toBe(0)
  })

  test('has one from its first listener on, until the last has gone', async () => {
    const { time, first } = serverWith(1)
    const { mount, push } = first
    push(numberedFrame(0))
    join(mount)
    join(mount)
    expect(time.timers).toBe(1)
    await time.pass(1000)
    expect(time.timers).toBe(1)
    for (const listener of mount.everyone) mount.leave(listener)
    await time.pass(250)
    expect(time.timers).toBe(0)
    mount.stop()
    join(mount)
    expect(time.timers).toBe(0)
  })

  test('passes on what its source sent last, though nothing follows it', async () => {
    const { time, state, first } = serverWith(1)
    const { mount, push } = first
    push(Buffer.concat([0, 1, 2, 3].map(numberedFrame)))
    push(Buffer.concat([4, 5, 6, 7].map(numberedFrame)))
    const before = mount.queuedBytes
    await time.pass(500)
    state.mounts.expire()
    expect(mount.queuedBytes).toBeGreaterThan(before)
  })
})

describe('the bytes that a mount holds', () => {
  test.each([
    { mounts: 1, most: queue },
    { mounts: 60, most: queue },
    { mounts: 120, most: limits.restBytes / 120 + chunk },
    { mounts: 500, most: burst + metaint + chunk },
  ])('are at most $most where $mounts mounts play and no listener is behind', ({ mounts: count, most }) => {
    const { mounts } = serverWith(count)
    // the others are as many names
    for (const { mount, play } of mounts.slice(0, 2)) {
      play(framesOfMinute)
      expect(mount.queuedBytes).toBeLessThanOrEqual(most + chunk)
      expect(mount.queuedBytes).toBeGreaterThanOrEqual(Math.min(most - chunk, queue - chunk))
    }
  })

  test('are the whole queue as long as a listener is that far behind, and then a burst again', () => {
    const { first } = serverWith(500)
    const { mount, play } = first
    play(400)
    const wire = join(mount)
    play(10)
    wire.block()
    play(10)
    play(1000)
    expect(mount.queuedBytes).toBeGreaterThan(400_000)
    expect(mount.listeners).toBe(1)
    wire.drain()
    play(20)
    expect(mount.queuedBytes).toBeLessThanOrEqual(burst + metaint + 2 * chunk)
    expect(numbersInOrder(wire.bytes)).toMatchObject({ skipped: 0, first: expect.any(Number) })
    expect(numbersInOrder(wire.bytes).count).toBeGreaterThan(1020)
  })

  test('drop a listener that falls off the queue, as before', () => {
    const { mount, play } = serverWith(500).first
    play(400)
    const wire = join(mount)
    wire.block()
    play(20 + Math.ceil(queue / chunk) * flushFrames)
    expect([wire.destroyed, mount.listeners]).toEqual([true, 0])
  })

  test('give a new listener a whole burst, with metadata too', () => {
    const { mount, play } = serverWith(500).first
    play(framesOfMinute)
    const frame = numberedFrame(0).length
    expect(join(mount).bytes.length).toBeGreaterThan(burst - frame)
    expect(join(mount, true).bytes.length).toBeGreaterThan(burst - metaint)
  })

  test('of a relay are what the burst of its next connection is compared with', () => {
    const { mount, play } = serverWith(500, 'relay').first
    play(framesOfMinute)
    expect(mount.queuedBytes).toBeGreaterThanOrEqual(limits.relayHeldBytes)
  })

  test('that wait for a frame to be complete are not kept in a long buffer after a burst of the source', () => {
    const pending = new Pending()
    pending.append(new Uint8Array(100_000))
    pending.shift(99_600)
    for (let i = 0; i < 3; i++) {
      pending.append(new Uint8Array(4000))
      pending.shift(4000)
    }
    expect(pending.length).toBe(400)
    expect(pending.bytes.buffer.byteLength).toBeLessThanOrEqual(16_384)
  })
})

test('docs/protocol.md#performance: mounts with a few listeners each are flushed as seldom as one with all of them', async () => {
  const writesWith = async (listenersOfOther: number) => {
    const { time, mounts } = serverWith(2)
    const [one, other] = mounts
    if (!one || !other) throw new Error('there are two mounts')
    one.play(400)
    other.play(400)
    for (let i = 0; i < listenersOfOther; i++) join(other.mount)
    await time.pass(2000)
    const wire = join(one.mount)
    const before = wire.writes.length
    for (let i = 0; i < 8; i++) {
      await time.pass(250)
      const bytes = Array.from({ length: 10 }, (_, k) => numberedFrame(400 + i * 10 + k))
      one.push(Buffer.concat(bytes))
    }
    return wire.writes.length - before
  }
  expect(await writesWith(0)).toBeGreaterThanOrEqual(7)
  expect(await writesWith(2000)).toBeLessThanOrEqual(3)
})
