import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fallback, MountSettings } from '../../../origin/config/mount-settings.ts'
import { limits } from '../../../origin/limits.ts'
import type { Feed, FeedInfo } from '../../../origin/mount/feed.ts'
import type { ListenerInfo } from '../../../origin/mount/stream/listener.ts'
import { createState } from '../../../origin/state.ts'
import { IcyReader } from '../../kit/audio/icy-reader.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { logged } from '../../kit/base/log-records.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { clustersOf, fixture } from '../../kit/process/fixtures.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const metaint = 16_000
const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')
/** each mount's frames are numbered from another thousand, which shows the mount that a listener hears */
const begins: Record<string, number> = { '/live': 0, '/backup': 1_000_000, '/third': 2_000_000 }
const fallbackTo = (path: string, over: Partial<Fallback> = {}): Fallback => ({
  mount: mountOf(path),
  override: 'none',
  whenFull: false,
  ...over,
})
const chained: Record<string, Partial<MountSettings>> = {
  '/live': { fallback: fallbackTo('/backup') },
  '/backup': { fallback: fallbackTo('/third') },
}

/** A server whose mounts have these settings, on a clock that the test moves. */
function server(said = chained) {
  const time = new ManualTime()
  const config = {
    limits: limitsWith(),
    mounts: settingsOf(said),
  }
  const state = createState(config, time.nowMs, time)
  const { mounts } = state
  const feeds = new Map<string, Feed>()
  const next = new Map(Object.entries(begins))
  const open = (path: string, over: Partial<FeedInfo> = {}) => {
    const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source', ...over }
    const feed = mounts.open(mountOf(path), { ...info, kind: over.kind ?? 'source' })
    if (feed === 'in use') throw new Error(`${path} is in use`)
    feeds.set(path, feed)
    return feed
  }
  const at = (path: string) => {
    const mount = mounts.get(mountOf(path))
    if (!mount) throw new Error(`${path} does not run`)
    return mount
  }
  const feedOf = (path: string) => feeds.get(path) ?? open(path)
  /** plays this many frames and flushes them */
  const play = (path: string, count: number) => {
    const from = next.get(path) ?? 0
    next.set(path, from + count)
    feedOf(path).push(Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i))))
    at(path).flush()
  }
  const end = (path: string) => {
    feeds.get(path)?.end()
    feeds.delete(path)
  }
  const join = (path: string, icy = false, info: Partial<ListenerInfo> = {}) => {
    const wire = new FakeWire()
    const somebody = { address: '192.0.2.1', userAgent: undefined, connectedAtMs: 0, isRelay: false, ...info }
    return { wire, icy, listener: at(path).join(wire, head, somebody, icy) }
  }
  return { time, state, mounts, open, at, feedOf, play, end, join, isLive: (path: string) => feeds.has(path) }
}

const heard = ({ wire, icy }: { wire: FakeWire; icy: boolean }) =>
  numbersHeard(wire.bytes.subarray(head.length), icy ? metaint : 0)

/** bytes that contain no frame header */
const frameless = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3)) & 0x7f))

/** The mounts that a listener hears, in order: `live > backup`, with a mark if frames are missing or repeated. */
function story(listener: { wire: FakeWire; icy: boolean }): string {
  const { numbers } = heard(listener)
  const parts: string[] = []
  for (const [i, n] of numbers.entries()) {
    const name = Object.keys(begins)[Math.floor(n / 1_000_000)]?.slice(1) ?? '?'
    const before = numbers[i - 1]
    if (parts.at(-1) !== name) parts.push(name)
    else if (before !== undefined && n !== before + 1)
      parts.push(`${n > before ? 'gap' : 'repeat'} ${n - before}`)
  }
  return parts.join(' > ')
}

describe('the source ends', () => {
  test.each([false, true])(
    'and its listeners hear the fallback on the same connection (ICY: %s)',
    async (icy) => {
      const { time, play, end, join, at } = server()
      play('/backup', 100)
      play('/live', 100)
      const listener = join('/live', icy)
      play('/live', 20)
      end('/live')
      play('/backup', 100)
      await time.pass(0)
      expect(story(listener)).toBe('live > backup')
      expect(
        heard(listener)
          .numbers.filter((n) => n < 1_000_000)
          .at(-1),
      ).toBe(119)
      expect(listener.wire.ended).toBe(false)
      expect(at('/backup').listeners).toBe(1)
    },
  )

  test('and a listener without metadata begins at the newest frame of the fallback: no gap, no burst', () => {
    const { play, end, join } = server()
    play('/backup', 100)
    play('/live', 100)
    const listener = join('/live')
    end('/live')
    play('/backup', 10)
    const numbers = heard(listener).numbers.filter((n) => n >= 1_000_000)
    expect(numbers).toEqual(Array.from({ length: 11 }, (_, i) => 1_000_099 + i))
  })

  test('after a silence: the fallback makes up for the silence, up to a burst', async () => {
    const { time, state, play, end, join } = server()
    play('/live', 200)
    const listener = join('/live')
    for (let s = 0; s < 10; s++) {
      await time.pass(1000)
      play('/backup', 38)
    }
    end('/live')
    play('/backup', 1)
    const seconds = heard(listener).numbers.filter((n) => n >= 1_000_000).length / 38.28
    expect(seconds).toBeGreaterThan(3.5) // 10 s were silent, and a burst of 64 KiB is 4.1 s
    expect(seconds).toBeLessThan(4.3)
    expect(state.load.slow).toBe(0)
  })

  test('in the middle of a frame: the fallback does not begin after an incomplete frame', () => {
    const { feedOf, play, end, join, at } = server()
    play('/backup', 10)
    play('/live', 10)
    const listener = join('/live')
    feedOf('/live').push(numberedFrame(10).subarray(0, 100))
    at('/live').flush()
    end('/live')
    play('/backup', 10)
    expect(story(listener)).toBe('live > backup')
  })

  test('and no frame is ever found in the fallback: a listener with metadata continues at any byte, after a limited wait', async () => {
    const { time, play, feedOf, at, end, join } = server()
    const pushAndFlush = () => {
      feedOf('/backup').push(frameless)
      at('/backup').flush()
    }
    play('/live', 100)
    for (let i = 0; i < 10; i++) pushAndFlush()
    const listener = join('/live', true)
    const before = listener.wire.bytes.length
    end('/live')
    await time.pass(limits.frameWaitMs - 1)
    pushAndFlush()
    expect(listener.wire.bytes).toHaveLength(before)
    await time.pass(1)
    pushAndFlush()
    pushAndFlush()
    const audio = Buffer.concat(new IcyReader(metaint).push(listener.wire.bytes.subarray(head.length)))
    const newest = Buffer.concat([frameless, frameless])
    expect(audio.subarray(-newest.length).equals(newest)).toBe(true)
  })

  test('and a listener that is behind gets the rest of it first', () => {
    const { play, end, join } = server()
    play('/backup', 10)
    play('/live', 10)
    const listener = join('/live')
    listener.wire.block()
    for (let i = 0; i < 5; i++) play('/live', 10)
    end('/live')
    play('/backup', 10)
    listener.wire.drain()
    expect(story(listener)).toBe('live > backup')
    expect(heard(listener).numbers.filter((n) => n < 1_000_000)).toHaveLength(60)
  })

  test('and a stalled listener accumulates no more than its limit, however often mounts come and go', async () => {
    const { time, play, end, join, state } = server()
    play('/backup', 10)
    play('/live', 100)
    const listener = join('/live')
    listener.wire.block()
    play('/live', 10)
    for (let i = 0; i < 50 && !listener.wire.destroyed; i++) {
      end('/live')
      play('/backup', 60)
      play('/live', 60)
      state.mounts.move(mountOf('/backup'), mountOf('/live'))
      await time.pass(250)
    }
    expect(listener.wire.destroyed).toBe(true)
    expect(listener.wire.writableLength).toBeLessThan(65_536)
    expect(state.load.listeners).toBe(0)
  })

  test('and its fallback is down: its listeners move to the next of ten', () => {
    const { play, end, join } = server()
    play('/third', 10)
    play('/live', 10)
    const listener = join('/live')
    end('/live')
    play('/third', 10)
    expect(story(listener)).toBe('live > third')
  })

  test('and its fallback has lost its master: its listeners move to the next, and to this one if there is none', () => {
    for (const hasThird of [true, false]) {
      const { feedOf, play, end, join } = server()
      play('/backup', 10)
      if (hasThird) play('/third', 10)
      play('/live', 10)
      feedOf('/backup').interrupt()
      const listener = join('/live')
      end('/live')
      play(hasThird ? '/third' : '/backup', 10)
      expect(story(listener)).toBe(hasThird ? 'live > third' : 'live > backup')
    }
  })

  test('and its fallback plays another format: its listeners are closed, where Icecast 2.4 would send AAC to MP3 players', async () => {
    const { play, open, end, join, state } = server()
    play('/live', 10)
    open('/backup', { contentType: 'audio/aac' })
    const listener = join('/live')
    const lines = await logged(() => end('/live'))
    expect(listener.wire.ended).toBe(true)
    expect(state.load.listeners).toBe(0)
    const told = lines.find(({ rawMessage }) => rawMessage === 'listeners not moved to another format')
    expect(told?.properties).toMatchObject({
      from: '/live',
      to: '/backup',
      plays: 'audio/mpeg',
      other: 'audio/aac',
    })
  })

  test('and no fallback plays: its listeners are closed', () => {
    const { play, end, join } = server()
    play('/live', 10)
    const listener = join('/live')
    end('/live')
    expect(listener.wire.ended).toBe(true)
  })

  test('and the fallback has its own limit: listeners beyond it are closed', () => {
    const { play, end, join, at, state } = server({ ...chained, '/backup': { maxListeners: 2 } })
    play('/backup', 10)
    play('/live', 10)
    const listeners = [1, 2, 3].map(() => join('/live'))
    end('/live')
    expect(listeners.map(({ wire }) => wire.ended)).toEqual([false, false, true])
    expect([at('/backup').listeners, state.load.listeners]).toEqual([2, 2])
  })

  test('and listeners refused by the full fallback move to its own fallback (fallback-when-full)', () => {
    const { play, end, join, at } = server({
      ...chained,
      '/backup': { maxListeners: 1, fallback: fallbackTo('/third', { whenFull: true }) },
    })
    for (const path of ['/backup', '/third', '/live']) play(path, 10)
    for (let i = 0; i < 3; i++) join('/live')
    end('/live')
    expect([at('/backup').listeners, at('/third').listeners]).toEqual([1, 2])
  })

  test('and its fallback is an on-demand relay: its listeners wait for it', async () => {
    const { time, mounts, play, end, join, at } = server()
    let begin = () => {}
    mounts.onDemand = {
      isIdle: (name) => name === '/backup' && !mounts.get(name),
      demand: () =>
        new Promise((resolve) => {
          begin = () => {
            play('/backup', 10)
            resolve(true)
          }
        }),
    }
    play('/live', 10)
    const listener = join('/live')
    end('/live')
    expect(mounts.get(mountOf('/live'))).toBeUndefined()
    expect(listener.wire.ended).toBe(false)
    begin()
    await time.pass(0)
    play('/backup', 10)
    expect(story(listener)).toBe('live > backup')
    expect(heard(listener).numbers).toHaveLength(30)
    expect(at('/backup').listeners).toBe(1)
  })

  test('and the on-demand relay cannot be had: its listeners move to the next', async () => {
    const { time, mounts, play, end, join } = server()
    mounts.onDemand = { isIdle: (name) => name === '/backup', demand: () => Promise.resolve(false) }
    play('/third', 10)
    play('/live', 10)
    const listener = join('/live')
    end('/live')
    await time.pass(0)
    play('/third', 10)
    expect(story(listener)).toBe('live > third')
  })

  test('of an Ogg mount: the header pages of the fallback come first, then its pages', () => {
    const [opus, vorbis] = [fixture('opus.ogg'), fixture('vorbis.ogg')]
    const { feedOf, open, end, join, at } = server()
    open('/live', { contentType: 'audio/ogg; codecs=opus' })
    open('/backup', { contentType: 'application/ogg' })
    feedOf('/live').push(opus)
    feedOf('/backup').push(vorbis.subarray(0, 6623))
    at('/live').flush()
    at('/backup').flush()
    const listener = join('/live')
    end('/live')
    feedOf('/backup').push(vorbis.subarray(6623))
    at('/backup').flush()
    const bytes = listener.wire.bytes.subarray(head.length)
    const seam = bytes.indexOf(vorbis.subarray(0, 3542))
    expect(bytes.subarray(0, seam).equals(opus)).toBe(true)
    expect(vorbis.subarray(-(bytes.length - seam - 3542)).equals(bytes.subarray(seam + 3542))).toBe(true)
  })

  describe('of a WebM mount', () => {
    const webm = fixture('opus.webm')
    const clusters = clustersOf(webm)
    /** the same with another setup of its codec */
    const other = Buffer.from(webm)
    other.writeUInt8(2, other.indexOf('OpusHead') + 9)

    test.each([
      ['of the same tracks: its newest Cluster, and no second header, which players take for the end', webm],
      ['of other tracks: its listeners are closed', other],
    ])('and the fallback is %s', (_, backup) => {
      const { feedOf, open, end, join, at } = server()
      for (const [path, bytes] of [
        ['/live', webm],
        ['/backup', backup],
      ] as const) {
        open(path, { contentType: 'audio/webm' })
        feedOf(path).push(bytes)
        at(path).flush()
      }
      const listener = join('/live')
      end('/live')
      at('/backup').send()
      const bytes = listener.wire.bytes.subarray(head.length)
      const isSame = backup === webm
      expect(listener.wire.ended).toBe(!isSame)
      expect(bytes.equals(isSame ? Buffer.concat([webm, webm.subarray(clusters.at(-1))]) : webm)).toBe(true)
    })
  })
})

describe('the source returns', () => {
  /** one listener of the mount and one of its fallback; then the source returns */
  function comeBack(override: Fallback['override'], icy = false) {
    const its = server({ '/live': { fallback: fallbackTo('/backup', { override }) } })
    its.play('/backup', 100)
    its.play('/live', 100)
    const [own, direct] = [its.join('/live', icy), its.join('/backup', icy)]
    const relay = its.join('/backup', icy, { isRelay: true })
    its.end('/live')
    its.play('/backup', 10)
    its.play('/live', 1)
    return { ...its, own, direct, relay }
  }

  test('with fallback-override none no listener moves back', () => {
    const { play, own, direct } = comeBack('none')
    play('/live', 10)
    play('/backup', 10)
    expect([story(own), story(direct)]).toEqual(['live > backup', 'backup'])
  })

  test('with own, listeners that came from it move back; those that requested the fallback stay (docs/icecast.md#fallbacks-and-moves)', () => {
    const { play, own, direct } = comeBack('own')
    play('/live', 10)
    play('/backup', 10)
    expect([story(own), story(direct)]).toEqual(['live > backup > live', 'backup'])
  })

  test('with all, every listener on the fallback moves, except a relay that requested it', () => {
    const { play, own, direct, relay } = comeBack('all')
    play('/live', 10)
    play('/backup', 10)
    expect([story(own), story(direct), story(relay)]).toEqual([
      'live > backup > live',
      'backup > live',
      'backup',
    ])
  })

  test('listeners with metadata hear the fallback until the mount has enough bytes for them', () => {
    const { play, own, at } = comeBack('own', true)
    expect(at('/backup').listeners).toBe(2)
    for (let i = 0; i < 60; i++) {
      play('/backup', 1)
      play('/live', 1)
    }
    expect(at('/live').listeners).toBe(1)
    expect(story(own)).toBe('live > backup > live')
  })

  test.each([false, true])(
    'and sends faster than playback: a listener moved back hears it from its first frame (ICY: %s)',
    (icy) => {
      const { play, feedOf, end, join } = server({
        '/live': { fallback: fallbackTo('/backup', { override: 'own' }) },
      })
      for (const path of ['/backup', '/live']) play(path, 100)
      const own = join('/live', icy)
      end('/live')
      play('/backup', 10)
      // as `curl -T` of a file does: a whole system buffer at once
      const clip = Array.from({ length: 400 }, (_, i) => numberedFrame(500 + i))
      for (let i = 0; i < clip.length; i += 150) feedOf('/live').push(Buffer.concat(clip.slice(i, i + 150)))
      play('/backup', 10)
      expect(story(own)).toBe('live > backup > live')
      const { numbers } = heard(own)
      const back = numbers.slice(numbers.lastIndexOf(1_000_109) + 1)
      expect([back[0], back.at(-1)]).toEqual([500, 899])
    },
  )

  test('in another format: no listener moves back', () => {
    const { play, open, end, own, at } = comeBack('own')
    end('/live')
    open('/live', { contentType: 'audio/aac' })
    play('/backup', 10)
    expect(story(own)).toBe('live > backup')
    expect(at('/backup').listeners).toBe(2)
  })

  test('listeners that got the fallback when they joined belong to the mount too', () => {
    const { play, join } = server({ '/live': { fallback: fallbackTo('/backup', { override: 'own' }) } })
    play('/backup', 10)
    const listener = join('/backup', false, { requested: mountOf('/live') })
    play('/live', 10)
    expect(story(listener)).toBe('backup > live')
  })

  test('and has no room for all: the others stay with the fallback', () => {
    const { play, join, at } = server({
      '/live': { maxListeners: 1, fallback: fallbackTo('/backup', { override: 'all' }) },
    })
    play('/backup', 10)
    const listeners = [join('/backup'), join('/backup')]
    play('/live', 10)
    expect([at('/live').listeners, at('/backup').listeners]).toEqual([1, 1])
    expect(listeners.some(({ wire }) => wire.ended)).toBe(false)
  })
})

describe('moveclients', () => {
  test('moves all listeners, on their connections', () => {
    const { mounts, play, join, at } = server({})
    play('/live', 10)
    play('/backup', 10)
    const listener = join('/live')
    expect(mounts.move(mountOf('/live'), mountOf('/backup'))).toBe('moved')
    play('/backup', 10)
    expect(story(listener)).toBe('live > backup')
    expect([at('/live').listeners, at('/backup').listeners]).toEqual([0, 1])
  })

  test('needs a destination that runs, or would run for a listener', () => {
    const { mounts, play, feedOf } = server({})
    play('/live', 10)
    expect(mounts.move(mountOf('/live'), mountOf('/nowhere'))).toBe('unknown')
    play('/backup', 10)
    feedOf('/backup').interrupt()
    expect(mounts.move(mountOf('/live'), mountOf('/backup'))).toBe('not running')
    mounts.onDemand = { isIdle: (name) => name === '/third', demand: () => Promise.resolve(true) }
    expect(mounts.move(mountOf('/live'), mountOf('/third'))).toBe('moved')
  })
})

describe('the counts', () => {
  test('a moved listener is counted once, at its new mount, and is not a new join', () => {
    const { state, play, end, join, at } = server()
    play('/backup', 10)
    play('/live', 10)
    const { listener } = join('/live')
    join('/live', false, { isRelay: true })
    end('/live')
    expect([at('/backup').listeners, at('/backup').relays, at('/backup').joins]).toEqual([1, 1, 0])
    expect([state.load.listeners, state.load.joins]).toEqual([1, 1])
    expect(listener.requested).toBe('/live')
    listener.leave()
    listener.leave()
    expect([at('/backup').listeners, state.load.listeners]).toEqual([0, 0])
  })

  test('max-listener-duration closes a listener when its time is over, whichever mount it is on by then', async () => {
    const { time, mounts, play, end, join } = server()
    play('/backup', 10)
    play('/live', 10)
    const short = join('/live', false, { deadlineMs: 3000 })
    const long = join('/live')
    end('/live')
    await time.pass(2999)
    mounts.expire()
    expect(short.wire.ended).toBe(false)
    await time.pass(1)
    mounts.expire()
    expect([short.wire.ended, long.wire.ended]).toEqual([true, false])
    await time.pass(limits.farewellMs)
    expect(short.wire.destroyed).toBe(true)
  })
})

const paths = Object.keys(begins)
type Server = ReturnType<typeof server>
type Ear = ReturnType<Server['join']>

/** Events of a mount; each uses the number `by` as it needs it. */
const happenings: Record<string, (its: Server, path: string, by: number, ears: Ear[]) => void> = {
  // frames are recognized from the fourth on: a source that sends one and pauses has no recognizable frames
  play: (its, path, by) => its.play(path, 4 + by),
  join: (its, path, by, ears) => {
    if (its.isLive(path)) ears.push(its.join(path, by % 2 === 0))
  },
  end: (its, path) => its.end(path),
  title: (its, path, by) => {
    if (its.isLive(path)) its.feedOf(path).setTitle(`${path} ${by}`)
  },
  move: (its, path, by) => {
    const to = paths[by % paths.length] ?? ''
    if (to !== path && its.isLive(path) && its.isLive(to)) its.mounts.move(mountOf(path), mountOf(to))
  },
  block: (_its, _path, by, ears) => ears[by % 4]?.wire.block(),
  drain: (_its, _path, by, ears) => ears[by % 4]?.wire.drain(),
}

test('wherever and whenever it is moved, a listener hears complete frames, with metadata blocks every metaint bytes', async () => {
  const often = ['play', 'play', 'play', 'play', 'play', 'play', 'join', 'join', 'end']
  const step = fc.record({
    what: fc.constantFrom(...often, ...Object.keys(happenings)),
    on: fc.constantFrom(...paths),
    by: fc.nat(70),
  })
  const runs = repetitions(150)
  let moved = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const its = server({
        '/live': { fallback: fallbackTo('/backup', { override: 'all' }) },
        '/backup': { fallback: fallbackTo('/third', { override: 'own' }) },
        '/third': { fallback: fallbackTo('/live') },
      })
      for (const path of paths) its.play(path, 50)
      const ears: Ear[] = []
      for (const { what, on, by } of steps) {
        happenings[what]?.(its, on, by, ears)
        await its.time.pass(100)
      }
      for (const { wire } of ears) wire.drain()
      for (const ear of ears) if (story(ear).includes('>')) moved++
    }),
    { numRuns: runs },
  )
  expect(moved).toBeGreaterThan((2 / 3) * runs)
})

test.for([false, true])(
  'AAC that both sources announce as MP3 is moved back to, however small the pieces at its beginning (ICY: %s)',
  async (icy) => {
    const override = fallbackTo('/backup', { override: 'own' })
    const { time, feedOf, end, join, at } = server({ '/live': { fallback: override } })
    const aac = (fill: number) =>
      Buffer.concat([Buffer.from('fff150801a7ffc', 'hex'), Buffer.alloc(204, fill)])
    const play = (path: string, fill: number, count: number) => {
      for (let i = 0; i < count; i++)
        for (const half of [aac(fill).subarray(0, 100), aac(fill).subarray(100)]) {
          feedOf(path).push(half)
          at(path).flush()
        }
    }
    play('/backup', 1, 200)
    play('/live', 2, 200)
    const { listener } = join('/live', icy)
    end('/live')
    await time.pass(100)
    expect(listener.seat.name).toBe('/backup')
    play('/live', 2, 200)
    await time.pass(100)
    expect(listener.seat.name).toBe('/live')
  },
)
