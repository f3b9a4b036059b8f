import { describe, expect, test } from 'vitest'
import { createState } from '../../../../origin/state.ts'
import { IcyReader } from '../../../kit/audio/icy-reader.ts'
import { framesOf } from '../../../kit/audio/mpeg.ts'
import { numberedFrame, numberOf } from '../../../kit/audio/numbered-frames.ts'
import { ManualTime } from '../../../kit/base/manual-time.ts'
import { isThorough } from '../../../kit/base/repetitions.ts'
import { mountOf } from '../../../kit/parts/reports.ts'
import { limitsWith } from '../../../kit/parts/server-limits.ts'
import { FakeWire } from '../../../kit/wire/wire.ts'

const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))

/** Icecast's default, used if a mount sets nothing else */
const metaint = 16_000

/** A mount whose listeners ask for metadata. */
function icyMount(burstBytes = 65_536) {
  const time = new ManualTime()
  const config = { limits: limitsWith({ burst: { bytes: burstBytes } }) }
  const { mounts } = createState(config, time.nowMs, time)
  const name = mountOf('/live.mp3')
  const feed = mounts.open(name, {
    kind: 'source',
    contentType: 'audio/mpeg',
    headers: new Map(),
    owner: 'source',
  })
  const mount = mounts.get(name)
  if (feed === 'in use' || !mount) throw new Error('the mount did not open')
  let next = 0
  /** plays this many frames and flushes */
  const play = (count: number) => {
    feed.push(frames(next, count))
    next += count
    mount.flush()
  }
  const join = (icy = true) => {
    const wire = new FakeWire()
    mount.join(
      wire,
      new Uint8Array(0),
      { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false },
      icy,
    )
    return wire
  }
  return { time, feed, mount, play, join, framesPlayed: () => next }
}

/** A woven stream as a player reads it, parsed by the test kit's own reader. */
function played(wire: FakeWire) {
  const reader = new IcyReader(metaint)
  const audio = Buffer.concat(reader.push(wire.bytes))
  const zeros = audio.findIndex((byte) => byte !== 0)
  const { frames: heard, skipped } = framesOf(audio)
  const numbers = heard.map(numberOf)
  return { titles: reader.titles, zeros: Math.max(0, zeros), skipped, numbers }
}

describe('listeners that ask for metadata', () => {
  test('begin on the grid with zeros up to the first frame, and hear every frame from there', async () => {
    const { time, play, join, framesPlayed } = icyMount()
    const wires: FakeWire[] = []
    for (let i = 0; i < (isThorough ? 60 : 12); i++) {
      play(20)
      wires.push(join())
    }
    play(100)
    await time.pass(0)
    for (const wire of wires) {
      const { zeros, skipped, numbers } = played(wire)
      expect(skipped).toBe(zeros)
      expect(zeros).toBeLessThan(420)
      const [first = -1] = numbers
      const all = Array.from({ length: framesPlayed() - first }, (_, i) => first + i)
      expect(numbers.join(' ')).toBe(all.join(' '))
    }
  })

  test('get the current title in their first block, wherever they join', async () => {
    const { time, feed, play, join } = icyMount()
    feed.setTitle('before')
    const wires: FakeWire[] = []
    for (let i = 0; i < (isThorough ? 30 : 8); i++) {
      play(20)
      wires.push(join())
    }
    play(100)
    await time.pass(0)
    for (const wire of wires) expect(played(wire).titles[0]).toEqual({ atByte: metaint, title: 'before' })
  })

  test('get a new title at the first grid point after it, once', () => {
    const { feed, play, join } = icyMount()
    play(200)
    const wire = join()
    play(100)
    feed.setTitle('Artist - New')
    play(200)
    const titles = played(wire).titles.map(({ title }) => title)
    expect(titles).toEqual(['', 'Artist - New'])
  })

  test('without a burst still begin on the grid and get the title', () => {
    const { feed, play, join } = icyMount(0)
    feed.setTitle('now')
    play(50)
    const wire = join()
    play(200)
    expect(played(wire).titles[0]?.title).toBe('now')
    expect(played(wire).numbers.length).toBeGreaterThan(200)
  })

  test('share one woven copy of the bytes', async () => {
    const { time, play, join } = icyMount()
    play(300)
    const wires = Array.from({ length: 20 }, () => join())
    play(40)
    await time.pass(0)
    const newest = new Set(wires.map((wire) => wire.writes.at(-1)?.[0]?.buffer))
    const burst = new Set(wires.flatMap((wire) => wire.writes[0]?.slice(1).map(({ buffer }) => buffer) ?? []))
    expect(newest.size).toBe(1)
    expect(burst.size).toBeLessThanOrEqual(wires[0]?.writes[0]?.length ?? 0)
  })

  test('do not change what other listeners hear', () => {
    const { play, join, framesPlayed } = icyMount()
    play(100)
    const plain = join(false)
    join()
    play(100)
    const { frames: heard, skipped } = framesOf(plain.bytes)
    expect(skipped).toBe(0)
    expect(heard.map(numberOf).at(-1)).toBe(framesPlayed() - 1)
  })
})
