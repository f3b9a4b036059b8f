import { describe, expect, test } from 'vitest'
import { Packagers, type Packaging } from '../../../origin/hls/packagers.ts'
import type { ActiveMount } from '../../../origin/mount/mount.ts'
import { joined } from '../../../shared/bytes.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { readPlaylist } from '../../kit/hls/playlist-laws.ts'
import { liveMount } from '../../kit/parts/live-mount.ts'
import { fixture } from '../../kit/process/fixtures.ts'

const epochMs = Date.UTC(2026, 10, 25)

/** A server with one mount that a test feeds in real time. */
function server(packaging: Packaging = 'on request') {
  const { time, mount, info } = liveMount('audio/mpeg')
  const settings = {
    packaging,
    isRunning: true,
    standIn: undefined as ActiveMount | undefined,
    segmentSeconds: 1,
    isSteered: false,
    /** ms by which the wall clock was set forward */
    clockMs: 0,
  }
  let n = 0
  const play = async (seconds: number) => {
    for (let i = 0; i < Math.round(seconds * 4); i++) {
      mount.push(joined(Array.from({ length: 10 }, () => numberedFrame(n++))))
      await time.pass(250)
    }
  }
  /** … faster than time goes: all at once */
  const burst = (seconds: number) => {
    for (let i = 0; i < Math.round(seconds * 4); i++)
      mount.push(joined(Array.from({ length: 10 }, () => numberedFrame(n++))))
  }
  const packagers = new Packagers({
    running: () => (settings.isRunning ? [mount] : []),
    packaging: () => settings.packaging,
    standIn: () => settings.standIn,
    times: () => ({ segmentSeconds: settings.segmentSeconds, windowSeconds: 12 }),
    isSteered: () => settings.isSteered,
    timers: time,
    nowMs: time.nowMs,
    wallMs: () => epochMs + time.nowMs() + settings.clockMs,
  })
  /** The same seconds of a mount that may stand in: its frames have numbers from a million. */
  const playOther = async (other: ActiveMount, seconds: number) => {
    for (let i = 0; i < Math.round(seconds * 4); i++) {
      other.push(joined(Array.from({ length: 10 }, () => numberedFrame(1_000_000 + n++))))
      await time.pass(250)
    }
  }
  const segmentsOf = async () => {
    const packager = await packagers.request(mount.name)
    return packager && readMediaPlaylist(packager.window.playlist.textFor('')).segments
  }
  return { time, mount, info, settings, play, burst, playOther, packagers, segmentsOf }
}

describe('packaging on request', () => {
  test('is ready without a promise once it has a segment, and until its source has been away for a minute', async () => {
    const { play, time, settings, mount, packagers } = server()
    await play(2)
    expect(packagers.ready(mount.name)).toBeUndefined()
    const packager = await packagers.request(mount.name)
    expect(packagers.ready(mount.name)).toBe(packager)
    settings.isRunning = false
    packagers.look()
    expect(packagers.ready(mount.name)).toBe(packager)
    await time.pass(hlsLimits.returnMs - 5000)
    expect(packagers.ready(mount.name)).toBe(packager)
    await time.pass(10_000)
    expect([packagers.ready(mount.name), await packagers.request(mount.name)]).toEqual([undefined, undefined])
  })

  test('begins with what the mount still holds for its listeners, so the first player need not wait', async () => {
    const { play, packagers, segmentsOf } = server()
    await play(10)
    expect(packagers.mounts).toEqual([])
    const segments = await segmentsOf()
    expect(segments?.length).toBe(2) // 50 kB
    expect(segments?.[0]?.programDateTime?.getTime()).toBeGreaterThan(epochMs + 5000)
    expect(segments?.[0]?.programDateTime?.getTime()).toBeLessThan(epochMs + 10_000)
  })

  test('tells players to begin early where they ask a decider, for as long as a mount is packaged', async () => {
    const { play, packagers, mount, settings } = server()
    const start = async () => {
      const packager = await packagers.request(mount.name)
      return packager && readPlaylist(packager.window.playlist.textFor('')).behindSeconds
    }
    await play(2)
    expect(await start()).toBeUndefined()
    settings.isSteered = true
    expect(await start()).toBeUndefined()
    await play(hlsLimits.idleMs / 1000 + 6)
    expect(await start()).toBe(10)
  })

  test('holds the first request until there is a segment', async () => {
    const { play, segmentsOf } = server()
    const asked = segmentsOf()
    await play(2)
    expect((await asked)?.length).toBe(1)
  })

  test('gives up on a mount that is silent', async () => {
    const { time, segmentsOf } = server()
    const asked = segmentsOf()
    await time.pass(hlsLimits.firstSegmentMs)
    expect(await asked).toBeUndefined()
  })

  test('ends a minute after the last request, and begins again with greater numbers', async () => {
    const { play, packagers, segmentsOf } = server()
    await play(3)
    const before = await segmentsOf()
    await play(hlsLimits.idleMs / 1000 - 6)
    expect(packagers.mounts.length).toBe(1)
    await play(12)
    expect(packagers.mounts).toEqual([])
    const after = await segmentsOf()
    expect(after?.[0]?.discontinuity).toBeUndefined() // its number tells that it does not follow
    expect(after?.[0]?.mediaSequenceNumber).toBeGreaterThan((before?.at(-1)?.mediaSequenceNumber ?? 0) + 60)
  })

  test('begins again with audio that was not packaged before alone, so that its segments need not wait for their time', async () => {
    const { play, packagers, segmentsOf, time } = server()
    await play(3)
    await segmentsOf()
    while (packagers.mounts.length > 0) await play(1)
    void segmentsOf()
    await play(2)
    for (let s = 0; s < 4; s++) {
      const segments = await segmentsOf()
      const first = segments?.[0]?.programDateTime?.getTime() ?? 0
      const endMs = first + (segments ?? []).reduce((sum, { duration }) => sum + duration * 1000, 0)
      // a segment of a second, and 250 ms of frames at a time
      expect(epochMs + time.nowMs() - endMs).toBeLessThan(1300)
      await play(1)
    }
  })

  test.each<[string, (at: ReturnType<typeof server>) => void]>([
    [
      'the clock was set back by a day',
      ({ settings }) => {
        settings.clockMs = -86_400_000
      },
    ],
    [
      'segments became longer',
      ({ settings }) => {
        settings.segmentSeconds = 4
      },
    ],
    ['the source sent two minutes at once', ({ burst }) => burst(120)],
  ])('begins again without a delay where numbers are ahead of the clock: %s', async (_, change) => {
    const at = server()
    const { play, packagers, segmentsOf, settings, time, mount } = at
    await play(3)
    const before = await segmentsOf()
    change(at)
    while (packagers.mounts.length > 0) await play(1)
    void segmentsOf()
    await play(1.1 * settings.segmentSeconds + 0.5)
    expect(packagers.ready(mount.name)).toBeDefined()
    expect((await segmentsOf())?.[0]?.mediaSequenceNumber).toBeGreaterThan(
      before?.at(-1)?.mediaSequenceNumber ?? 0,
    )
    for (let s = 0; s < 20; s++) {
      const segments = await segmentsOf()
      const first = segments?.[0]?.programDateTime?.getTime() ?? 0
      const endMs = first + (segments ?? []).reduce((sum, { duration }) => sum + duration * 1000, 0)
      const lateMs = epochMs + settings.clockMs + time.nowMs() - endMs
      expect(lateMs).toBeLessThan(1100 * settings.segmentSeconds + 300)
      await play(1)
    }
  })

  test('keeps as little of a source that sends faster than time goes as of any other, and lists all but its last three segments', async () => {
    const held: number[] = []
    for (const minutes of [2, 4]) {
      const { play, burst, packagers, mount } = server('always')
      packagers.look()
      await play(3)
      const packager = await packagers.request(mount.name)
      burst(minutes * 60 - 0.5)
      await play(0.5)
      const { segments = [], bytes = 0 } = packager?.window ?? {}
      held.push(segments.length)
      expect(bytes).toBeLessThan(30 * 16_000 * 1.1)
      for (let s = 0; s < 30; s++) {
        const { numbers } = numbersHeard(Buffer.concat(packager?.window.segments.at(-1)?.pieces ?? []), 0)
        const sent = Math.round((3 + minutes * 60 + s) * 4) * 10
        // those that wait, and the one that is being filled, each longer by a twentieth at most
        expect(sent - (numbers.at(-1) ?? 0)).toBeLessThan(4 * 41)
        await play(1)
      }
    }
    expect(held[1]).toBe(held[0])
  })

  test('goes on under the same numbers when a source comes back, with a discontinuity', async () => {
    const { play, packagers, segmentsOf, settings, mount, info } = server()
    await play(3)
    const before = await segmentsOf()
    settings.isRunning = false
    packagers.look()
    await play(1)
    settings.isRunning = true
    mount.resume(info)
    packagers.look()
    await play(3)
    const after = await segmentsOf()
    const last = before?.at(-1)?.mediaSequenceNumber ?? 0
    const next = after?.find(({ mediaSequenceNumber }) => mediaSequenceNumber > last + 1)
    expect(next?.mediaSequenceNumber).toBeGreaterThan(last + 1)
    expect(after?.filter(({ discontinuity }) => discontinuity).length).toBe(1)
    expect(after?.map(({ mediaSequenceNumber }) => mediaSequenceNumber)).toEqual(
      after?.map((_, i) => (after[0]?.mediaSequenceNumber ?? 0) + i),
    )
  })
})

describe('a mount whose source is away', () => {
  test('keeps its playlist for a minute, in which it may return, and then is gone', async () => {
    const { play, packagers, segmentsOf, settings, time, mount } = server()
    await play(6)
    const listed = await segmentsOf()
    settings.isRunning = false
    packagers.look()
    await time.pass(3000) // the last segment is a short one, and waits for its time
    const last = await segmentsOf()
    expect(last?.slice(0, listed?.length)).toEqual(listed)
    for (let s = 3; s < hlsLimits.returnMs / 1000; s++) {
      expect([await segmentsOf(), packagers.mayReturn(mount.name)]).toEqual([last, true])
      await time.pass(1000)
    }
    await time.pass(5000) // players that ask do not keep it
    expect([await segmentsOf(), packagers.mayReturn(mount.name), packagers.mounts]).toEqual([
      undefined,
      false,
      [],
    ])
  })

  test('goes on with a fallback of its kind, from now on, and back with its own source: each by a discontinuity', async () => {
    const { time, play, playOther, packagers, segmentsOf, settings, mount, info } = server()
    const { mount: other } = liveMount('audio/mpeg', time)
    await play(4)
    await segmentsOf()
    await playOther(other, 4)
    settings.isRunning = false
    settings.standIn = other
    packagers.look()
    expect(packagers.mayReturn(mount.name)).toBe(false)
    await playOther(other, 3)
    settings.isRunning = true
    mount.resume(info)
    packagers.look()
    await play(3)
    const packager = await packagers.request(mount.name)
    const runs: number[][] = []
    for (const { pieces, discontinuity } of packager?.window.segments ?? []) {
      const { numbers } = numbersHeard(Buffer.concat(pieces), 0)
      if (discontinuity || runs.length === 0) runs.push([])
      runs.at(-1)?.push(...numbers)
    }
    expect(runs.map(([first = 0]) => first >= 1_000_000)).toEqual([false, true, false])
    for (const run of runs) expect(run).toEqual(run.map((_, i) => (run[0] ?? 0) + i))
    // what the fallback had played before is not heard
    expect(runs[1]?.length).toBeLessThan(3.2 * 40)
    const segments = await segmentsOf()
    expect(segments?.map(({ mediaSequenceNumber }) => mediaSequenceNumber)).toEqual(
      segments?.map((_, i) => (segments[0]?.mediaSequenceNumber ?? 0) + i),
    )
  })

  test('is packaged from its fallback for those who come meanwhile, and from none of another kind', async () => {
    const { time, play, playOther, packagers, segmentsOf, settings, mount } = server()
    const { mount: other } = liveMount('audio/mpeg', time)
    const { mount: ogg } = liveMount('audio/ogg', time)
    ogg.push(fixture('opus.ogg'))
    settings.isRunning = false
    settings.standIn = other
    await playOther(other, 3)
    expect((await segmentsOf())?.length).toBeGreaterThan(1)
    settings.isRunning = true
    packagers.look()
    await play(2)
    settings.isRunning = false
    settings.standIn = ogg
    packagers.look()
    expect(packagers.mayReturn(mount.name)).toBe(true)
  })
})

test('a mount that is always packaged is so before anybody asks; one that never is answers nobody', async () => {
  const always = server('always')
  always.packagers.look()
  await always.play(hlsLimits.idleMs / 1000 + 30)
  expect(always.packagers.mounts).toEqual([always.mount.name])
  const off = server('off')
  await off.play(3)
  expect(await off.segmentsOf()).toBeUndefined()
})

test('a mount that HLS has no place for is refused at once, also where it becomes one', async () => {
  const { time, mount } = liveMount('audio/ogg')
  const packagers = new Packagers({
    running: () => [mount],
    packaging: () => 'always',
    times: () => ({ segmentSeconds: 1, windowSeconds: 12 }),
    timers: time,
    nowMs: time.nowMs,
    wallMs: () => epochMs + time.nowMs(),
  })
  mount.push(fixture('opus.ogg'))
  await time.pass(250)
  const packager = await packagers.request(mount.name)
  const [first] = packager?.window.segments ?? []
  expect(first).toMatchObject({ kind: 'opus', titles: [{ title: 'Ünder', artist: 'Ä' }] })
  mount.push(fixture('vorbis.ogg'))
  await time.pass(250)
  packagers.look()
  expect(packagers.mounts).toEqual([])
  expect(await packagers.request(mount.name)).toBeUndefined()
  packagers.look()
  expect(packagers.mounts).toEqual([])
})
