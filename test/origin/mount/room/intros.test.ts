import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { MountSettings } from '../../../../origin/config/mount-settings.ts'
import { Load } from '../../../../origin/load.ts'
import { type IntroFile, IntroFiles, introOf } from '../../../../origin/media/intro-files.ts'
import { ActiveMount } from '../../../../origin/mount/mount.ts'
import { numberedFrame } from '../../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../../kit/audio/numbers-heard.ts'
import { eventually } from '../../../kit/base/eventually.ts'
import { told } from '../../../kit/base/log-records.ts'
import { ManualTime } from '../../../kit/base/manual-time.ts'
import { settingsOf } from '../../../kit/parts/mount-settings.ts'
import { mountOf } from '../../../kit/parts/reports.ts'
import { limitsWith } from '../../../kit/parts/server-limits.ts'
import { fixture } from '../../../kit/process/fixtures.ts'
import { FakeWire } from '../../../kit/wire/wire.ts'

const metaint = 16_000
const mp3 = { format: 'mpeg', sound: undefined }
/** number of the intro's first frame */
const introAt = 1_000_000
const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))
const frameMs = (1152 / 44_100) * 1000

/** A mount with an intro of this many frames, on a clock that the test moves. */
function mountWithIntro(introFrames = 400) {
  const time = new ManualTime()
  const intro = introOf(frames(introAt, introFrames), 'audio/mpeg')
  const load = new Load(time.nowMs)
  let ids = 0
  const mount = new ActiveMount(
    mountOf('/live'),
    { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' },
    {
      config: { limits: limitsWith({ burst: { bytes: 20_000 }, queueBytes: 50_000 }) },
      settings: settingsOf({}).of,
      load,
      nowMs: time.nowMs,
      timers: time,
      nextId: () => ++ids,
      intros: { of: (): IntroFile => intro },
    },
  )
  let next = 0
  /** lets this many seconds pass while the source plays */
  const play = async (seconds: number) => {
    for (let i = 0; i < seconds * 10; i++) {
      await time.pass(100)
      const count = Math.floor(time.nowMs() / frameMs) - next
      mount.push(frames(next, count))
      next += count
    }
  }
  const listen = (icy = false, isRelay = false) => {
    const wire = new FakeWire()
    const info = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay }
    return { wire, icy, listener: mount.join(wire, new Uint8Array(), info, icy) }
  }
  return { time, mount, load, play, listen, played: () => next }
}

function heard({ wire, icy }: { wire: FakeWire; icy: boolean }) {
  const { numbers, titles } = numbersHeard(wire.bytes, icy ? metaint : 0)
  return {
    intro: numbers.filter((n) => n >= introAt).map((n) => n - introAt),
    live: numbers.filter((n) => n < introAt),
    titles,
  }
}
const counted = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

describe('an intro', () => {
  test.each([false, true])(
    'is heard completely and at playback speed, then the mount, without a gap (ICY: %s)',
    async (icy) => {
      const { mount, play, listen, played } = mountWithIntro(400)
      await play(20)
      mount.setTitle({ title: 'now', url: undefined })
      const listener = listen(icy)
      await play(4)
      const early = heard(listener)
      expect(early.live).toEqual([])
      // a burst of 20,000 bytes is 48 frames, and four seconds are 153
      expect(early.intro.length).toBeGreaterThan(180)
      expect(early.intro.length).toBeLessThan(205)
      await play(16)
      const late = heard(listener)
      expect(late.intro).toEqual(counted(0, 400))
      const [first = 0] = late.live
      expect(late.live).toEqual(counted(first, late.live.length))
      expect(played() - first - late.live.length).toBeLessThan(15)
      if (icy) expect(late.titles[0]).toEqual({ atByte: metaint, title: 'now' })
    },
  )

  test('is one copy of the bytes for all listeners', async () => {
    const { play, listen } = mountWithIntro()
    await play(1)
    const listeners = [listen(), listen(), listen()]
    await play(2)
    const memory = new Set(
      listeners.flatMap(({ wire }) =>
        wire.writes
          .flat()
          .filter(({ length }) => length > 0)
          .map(({ buffer }) => buffer),
      ),
    )
    expect(memory.size).toBe(1)
  })

  test('is not sent to relays, which would pass it on in the middle of their stream', async () => {
    const { play, listen } = mountWithIntro()
    await play(1)
    const relay = listen(false, true)
    await play(1)
    expect(heard(relay).intro).toEqual([])
  })

  test('is cut off when the mount ends, and its listeners are no longer counted', async () => {
    const { mount, load, play, listen } = mountWithIntro()
    await play(1)
    const { wire } = listen()
    expect([mount.listeners, mount.everyone.length, load.listeners]).toEqual([1, 1, 1])
    mount.end()
    expect(wire.ended).toBe(true)
    expect([mount.listeners, load.listeners]).toEqual([0, 0])
  })

  test('does not hold a stalled listener: it is dropped once it is behind by more than the queue', async () => {
    const { mount, play, listen } = mountWithIntro(2000)
    await play(1)
    const { wire } = listen()
    wire.block()
    await play(2)
    expect(wire.destroyed).toBe(false)
    await play(4)
    expect(wire.destroyed).toBe(true)
    expect([mount.listeners, mount.slow]).toEqual([0, 1])
  })

  test('in a container begins with its header', () => {
    const opus = fixture('opus.ogg')
    expect(introOf(opus, 'audio/ogg').bytes.equals(opus)).toBe(true)
  })

  test.each([
    ['that holds no frames', new Uint8Array(5000), 'audio/mpeg'],
    ['that is empty', new Uint8Array(0), 'audio/mpeg'],
    ['of a kind that we cannot time', new Uint8Array(5000), 'audio/flac'],
  ])('%s is none', (_, bytes, contentType) => {
    expect(() => introOf(bytes, contentType)).toThrow('it contains no audio')
  })
})

describe('intro files', () => {
  const webroot = mkdtempSync(join(tmpdir(), 'distributary-'))
  afterAll(() => rmSync(webroot, { recursive: true }))
  writeFileSync(join(webroot, 'hello.mp3'), frames(0, 20))
  const saying = (intro: string): MountSettings => settingsOf({ '/live': { intro } }).of(mountOf('/live'))

  test('are read once per reading of the configuration', async () => {
    const files = new IntroFiles(() => webroot)
    const settings = saying('/hello.mp3')
    expect(files.of(settings, mp3)).toBeUndefined()
    const file = await eventually(() => files.of(settings, mp3))
    expect(files.of(settings, mp3)).toBe(file)
    expect(files.of(saying('/hello.mp3'), mp3)).toBeUndefined()
  })

  test('that do not match the mount are skipped, and the log says why once', async () => {
    const lines = await told(async () => {
      const files = new IntroFiles(() => webroot)
      const [there, missing] = [saying('hello.mp3'), saying('missing.mp3')]
      files.of(missing, mp3)
      expect(files.of(there, { format: 'adts', sound: undefined })).toBeUndefined()
      await eventually(() => files.of(there, mp3))
      expect(files.of(missing, mp3)).toBeUndefined()
      for (const sound of [
        { samplerate: 48_000, channels: 2 },
        { samplerate: 44_100, channels: 1 },
      ])
        for (let i = 0; i < 3; i++) expect(files.of(there, { format: 'mpeg', sound })).toBeUndefined()
      expect(files.of(there, { format: 'mpeg', sound: { samplerate: 44_100, channels: 2 } })).toBeDefined()
    })
    expect(lines.map(({ why }) => why).sort()).toEqual([
      'it has 2 channels, and the mount plays 1',
      'it has 44100 Hz, and the mount plays 48000',
      'it is mpeg, and the mount plays adts',
      'there is no such file below the webroot',
    ])
  })

  test('in Ogg are measured by their header', () => {
    expect(introOf(fixture('vorbis.ogg'), 'audio/ogg').sound).toMatchObject({
      samplerate: 48_000,
      channels: 1,
    })
  })
})
