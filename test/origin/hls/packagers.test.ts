import { describe, expect, test } from 'vitest'
import { firstNumbersAt, Packagers, type Packaging } from '../../../origin/hls/packagers.ts'
import { joined } from '../../../shared/bytes.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { fixture } from '../../kit/fixtures.ts'
import { readMediaPlaylist } from '../../kit/hls-readers.ts'
import { liveMount } from '../../kit/live-mount.ts'
import { numberedFrame } from '../../kit/numbered-frames.ts'

const epochMs = Date.UTC(2026, 10, 25)

/** A server with one mount that a test feeds in real time. */
function server(packaging: Packaging = 'on request') {
  const { time, mount, info } = liveMount('audio/mpeg')
  const settings = { packaging, isRunning: true }
  let n = 0
  const play = async (seconds: number) => {
    for (let i = 0; i < Math.round(seconds * 4); i++) {
      mount.push(joined(Array.from({ length: 10 }, () => numberedFrame(n++))))
      await time.pass(250)
    }
  }
  const packagers = new Packagers({
    running: () => (settings.isRunning ? [mount] : []),
    packaging: () => settings.packaging,
    times: () => ({ segmentSeconds: 1, windowSeconds: 12 }),
    timers: time,
    nowMs: time.nowMs,
    wallMs: () => epochMs + time.nowMs(),
  })
  const segmentsOf = async () => {
    const packager = await packagers.request(mount.name)
    return packager && readMediaPlaylist(packager.window.playlist.textFor('')).segments
  }
  return { time, mount, info, settings, play, packagers, segmentsOf }
}

describe('packaging on request', () => {
  test('begins with what the mount still holds for its listeners, so the first player need not wait', async () => {
    const { play, packagers, segmentsOf } = server()
    await play(10)
    expect(packagers.mounts).toEqual([])
    const segments = await segmentsOf()
    expect(segments?.length).toBe(2) // 50 kB
    expect(segments?.[0]?.programDateTime?.getTime()).toBeGreaterThan(epochMs + 5000)
    expect(segments?.[0]?.programDateTime?.getTime()).toBeLessThan(epochMs + 10_000)
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
    expect(after?.[0]?.discontinuity).toBe(true)
    expect(after?.[0]?.mediaSequenceNumber).toBeGreaterThan((before?.at(-1)?.mediaSequenceNumber ?? 0) + 60)
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
    expect(after?.filter(({ discontinuity }) => discontinuity).length).toBe(2)
    expect(after?.map(({ mediaSequenceNumber }) => mediaSequenceNumber)).toEqual(
      after?.map((_, i) => (after[0]?.mediaSequenceNumber ?? 0) + i),
    )
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
  expect(packager?.window.segments.map(({ kind }) => kind)).toEqual(['opus', 'opus'])
  expect(packager?.window.segments[0]?.titles).toMatchObject([{ title: 'Ünder', artist: 'Ä' }])
  mount.push(fixture('vorbis.ogg'))
  await time.pass(250)
  packagers.look()
  expect(packagers.mounts).toEqual([])
  expect(await packagers.request(mount.name)).toBeUndefined()
  packagers.look()
  expect(packagers.mounts).toEqual([])
})

test('a program that starts again has greater numbers than before, by the wall clock alone, and small enough for decades', () => {
  const [before, after, late] = [epochMs, epochMs + 20 * 60_000, Date.UTC(2053, 0, 1)].map(firstNumbersAt)
  expect(after?.segment).toBeGreaterThan((before?.segment ?? 0) + 20 * 60)
  expect(after?.discontinuity).toBe((before?.discontinuity ?? 0) + 1)
  expect(late?.segment).toBeLessThan(2 ** 31)
  // hls.js walks over all discontinuities at each playlist
  expect(before?.discontinuity).toBeLessThan(50_000)
  expect(late?.discontinuity).toBeLessThan(1_000_000)
})
