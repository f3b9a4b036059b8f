import { describe, expect, test } from 'vitest'
import type { MountSettings } from '../../../origin/config/mount-settings.ts'
import { listenerHeaders, streamInfo } from '../../../origin/icy/headers.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const live = mountOf('/live')
const unsaid = settingsOf({}).of(live).stream

/** A mount with these settings, which a test may change as SIGHUP does. */
function mountWith(said: Partial<MountSettings>, headers: ReadonlyMap<string, string> = new Map()) {
  const time = new ManualTime()
  const config = {
    limits: limitsWith(),
    mounts: settingsOf({ '/live': said }),
  }
  const { mounts } = createState(config, time.nowMs, time)
  const info: FeedInfo = { kind: 'source', contentType: 'audio/mpeg', headers, owner: 'source' }
  const feed = mounts.open(live, info)
  const mount = mounts.get(live)
  if (feed === 'in use' || !mount) throw new Error('the mount did not open')
  let next = 0
  const play = (count: number) => {
    for (let i = 0; i < count; i++) {
      feed.push(numberedFrame(next++))
      if (i % 10 === 9) mount.flush()
    }
  }
  const join = (icy = false) => {
    const wire = new FakeWire()
    const who = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false }
    mount.join(wire, new Uint8Array(), who, icy)
    return wire
  }
  const say = (now: Partial<MountSettings>) => {
    config.mounts = settingsOf({ '/live': now })
  }
  return { time, mounts, mount, play, join, say }
}

describe('the settings of a mount block', () => {
  test('burst-size in seconds is that many seconds of the stream (docs/icecast.md#where-a-listener-begins)', () => {
    const { play, join } = mountWith({ burst: { seconds: 2 } })
    play(400)
    const seconds = (numbersHeard(join().bytes, 0).numbers.length * 1152) / 44_100
    expect(seconds).toBeGreaterThan(1.9)
    expect(seconds).toBeLessThanOrEqual(2)
  })

  test('the mount keeps queue-size bytes, and never less than its burst', () => {
    const small = mountWith({ queueBytes: 20_000, burst: { bytes: 5000 } })
    small.play(400)
    expect(small.mount.queuedBytes).toBeLessThanOrEqual(20_000)
    const long = mountWith({ queueBytes: 20_000, burst: { seconds: 10 } })
    long.play(800)
    expect(long.mount.queuedBytes).toBeGreaterThan(150_000)
  })

  test('a source that is silent for longer than source-timeout is dropped', async () => {
    const { time, mounts, play } = mountWith({ sourceTimeoutMs: 3000 })
    play(10)
    await time.pass(3000)
    mounts.dropSilent()
    expect(mounts.get(live)).toBeDefined()
    await time.pass(1)
    mounts.dropSilent()
    expect(mounts.get(live)).toBeUndefined()
  })

  test('mp3-metadata-interval is the interval for listeners that request metadata; with 0 they get none', () => {
    const { mount, play, join } = mountWith({ metaintBytes: 8000 })
    play(100)
    const wire = join(true)
    play(100)
    expect(numbersHeard(wire.bytes, mount.metaint).titles[0]?.atByte).toBe(8000)
    expect(mountWith({ metaintBytes: 0 }).mount.takesIcy).toBe(false)
  })

  test('max-listeners is the limit that a report contains (docs/protocol.md#when-a-report-is-sent)', () => {
    expect(mountWith({ maxListeners: 7 }).mount.maxListeners).toBe(7)
    expect(mountWith({}).mount.maxListeners).toBeNull()
  })

  test('stream-name and similar settings override the headers of the source, whichever names it uses', () => {
    const source = new Map([
      ['icy-name', 'the source'],
      ['ice-genre', 'rock'],
      ['icy-br', '64'],
    ])
    const stream = { ...unsaid, name: 'Café', bitrate: '128' }
    const { mount } = mountWith({ stream }, source)
    expect(listenerHeaders(mount.headers)).toEqual([
      ['icy-br', '128'],
      ['icy-genre', 'rock'],
      ['icy-name', 'Caf\xc3\xa9'],
    ])
    expect(streamInfo(mount.headers)).toMatchObject({ name: 'Café', genre: 'rock', bitrate: 128 })
    expect(mountWith({}, source).mount.headers).toBe(source)
  })

  test('apply as soon as the file is read again, also to a running mount and its listeners', () => {
    const { mount, play, join, say } = mountWith({ metaintBytes: 8000, maxListeners: 1 })
    play(100)
    const before = join(true)
    say({ metaintBytes: 4000, maxListeners: 2, burst: { bytes: 0 }, queueBytes: 16_384 })
    play(100)
    const after = join(true)
    play(200)
    expect(mount.maxListeners).toBe(2)
    expect(mount.queuedBytes).toBeLessThanOrEqual(16_384)
    for (const [wire, metaint] of [
      [before, 8000],
      [after, 4000],
    ] as const) {
      const { numbers } = numbersHeard(wire.bytes, metaint)
      expect(numbers).toEqual(Array.from(numbers, (_, i) => (numbers[0] ?? 0) + i))
      expect(numbers.at(-1)).toBeGreaterThan(390)
    }
  })
})
