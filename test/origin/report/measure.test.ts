import { describe, expect, test } from 'vitest'
import { rootMount } from '../../../origin/lib/root-mount.ts'
import { parseSourcelist, printSourcelist } from '../../../shared/report/sourcelist.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { configOf, master, measured, mountThatPlays, slave } from '../../kit/parts/reporting.ts'
import { mountOf } from '../../kit/parts/reports.ts'

test.each([
  ['audio/ogg', 'Opus', 'audio/ogg; codecs=opus', 4],
  ['application/ogg', 'FLAC', 'application/ogg; codecs=flac', 4],
  ['audio/ogg; codecs="opus"', 'Opus', 'audio/ogg; codecs="opus"', 4],
  ['audio/ogg', 'Vorbis', 'audio/ogg', undefined],
  ['audio/ogg', undefined, 'audio/ogg', undefined],
] as const)('a master reports %s with %s as %s, a slave as it is', (contentType, subtype, said, hls) => {
  const mount = mountThatPlays('/live.ogg', { contentType, format: 'ogg', facts: subtype && { subtype } })
  const [byMaster] = measured({ config: master, mounts: [mount] }).mounts
  expect([byMaster?.contentType, byMaster?.about?.hls]).toEqual([said, hls])
  expect(measured({ mounts: [mount] }).mounts.at(0)?.contentType).toBe(contentType)
})

test.each([
  ['audio/mpeg', 'mpeg', { samplerate: 44_100, layer: 3 }, 'audio/mpeg'],
  ['audio/mpeg', 'mpeg', { samplerate: 48_000, layer: 2 }, 'audio/mpeg; codecs=mp4a.40.33'],
  ['audio/mpeg', 'mpeg', undefined, 'audio/mpeg'],
  ['audio/aac', 'adts', { samplerate: 44_100 }, 'audio/aac'],
  ['audio/aacp', 'adts', { samplerate: 22_050 }, 'audio/aacp; codecs=mp4a.40.5'],
  ['audio/aac; codecs=mp4a.40.2', 'adts', { samplerate: 22_050 }, 'audio/aac; codecs=mp4a.40.2'],
] as const)(
  'a master reports %s of frames as %s %o as %s, so that an edge names the codec',
  (contentType, format, sound, said) => {
    const mount = mountThatPlays('/live', { contentType, format, sound })
    expect(measured({ config: master, mounts: [mount] }).mounts.at(0)?.contentType).toBe(said)
    expect(measured({ mounts: [mount] }).mounts.at(0)?.contentType).toBe(contentType)
  },
)

test('a mount / is in no report: an edge serves its own page there, and would reject the whole report', () => {
  const mounts = [
    mountThatPlays('/live.mp3', { kind: 'source' }),
    mountThatPlays('/live.mp3', { kind: 'source', name: rootMount }),
  ]
  const report = measured({ config: master, mounts })
  expect(report.mounts.map(({ mount }) => mount)).toEqual(['/live.mp3'])
  expect(parseSourcelist(printSourcelist(report)).mounts).toHaveLength(1)
})

describe('measure', () => {
  test('says how many of the listeners listen by HLS, and an edge reads it', () => {
    const sessions = { listening: 3, listeners: () => 3, joins: () => 5 }
    const text = printSourcelist(measured({ sessions }))
    expect(text).toContain('\nlisteners: 7\nhls-listeners: 3\n')
    expect(parseSourcelist(text)).toMatchObject({ listeners: 7, hlsListeners: 3 })
  })

  test('S6: other sources of the slave are not in its report', () => {
    const own = mountThatPlays('/own.mp3', { kind: 'source' })
    const mounts = [own, mountThatPlays('/live.mp3'), mountThatPlays('/other.mp3')]
    const isMirrored = (mount: string) => mount !== '/other.mp3'
    expect(measured({ mounts, isMirrored }).mounts.map(({ mount }) => mount)).toEqual(['/live.mp3'])
  })

  test('S7: a relay that lost its master stays while its listeners are kept, and an idle on-demand one is listed too', () => {
    const lost = mountThatPlays('/live.mp3', { interruptedAtMs: 5, listeners: 3 })
    const report = measured({ mounts: [lost], idle: [mountOf('/idle.mp3'), mountOf('/live.mp3')] })
    expect(report.mounts).toEqual([
      { mount: '/live.mp3', listeners: 3, max: null, kbps: 128, joins: 0, contentType: 'audio/mpeg' },
      { mount: '/idle.mp3', listeners: 0, max: null, kbps: 0, joins: 0, contentType: '' },
    ])
  })

  test("docs/protocol.md#when-a-report-is-sent: a master's report includes its relays, also idle ones", () => {
    const mounts = [mountThatPlays('/own.mp3', { kind: 'source' }), mountThatPlays('/relayed.mp3')]
    const idle = [mountOf('/idle.mp3')]
    const report = measured({ config: master, mounts, idle, isMirrored: () => false })
    expect(report.mounts.map(({ mount }) => mount)).toEqual(['/own.mp3', '/relayed.mp3', '/idle.mp3'])
  })

  test('S9: a mount that waits for its first listener keeps its own limit', () => {
    const mounts = settingsOf({ '/idle.mp3': { maxListeners: 20 } })
    const [idle] = measured({ config: { ...slave, mounts }, idle: [mountOf('/idle.mp3')] }).mounts
    expect(idle?.max).toBe(20)
  })

  test('S9: a mount that no listener may request directly has no room, running or idle', () => {
    const mounts = settingsOf({ '/back.mp3': { noMount: true }, '/idle.mp3': { noMount: true } })
    const report = measured({
      config: { ...slave, mounts },
      mounts: [mountThatPlays('/back.mp3')],
      idle: [mountOf('/idle.mp3')],
    })
    expect(report.mounts.map(({ max }) => max)).toEqual([0, 0])
  })

  test("S6: a slave's own idle relays are not in its report", () => {
    const idle = [mountOf('/idle.mp3'), mountOf('/own.mp3')]
    const report = measured({ idle, isMirrored: (mount) => mount === '/idle.mp3' })
    expect(report.mounts.map(({ mount }) => mount)).toEqual(['/idle.mp3'])
  })

  test('S9: a report has what a draw needs, and parses back to itself', () => {
    const report = measured({
      mounts: [mountThatPlays('/a%20b.mp3', { listeners: 2, maxListeners: 5, joins: 4 })],
    })
    expect(parseSourcelist(printSourcelist(report))).toEqual(report)
    expect(report).toMatchObject({
      id: 'localhost:8000',
      role: 'slave',
      urls: ['http://localhost:8000'],
      interval: 10,
      maxListeners: 100,
      listeners: 7,
      joins: 9,
      bandwidth: 900,
    })
  })

  test('a master reports its sources, with role master', () => {
    const report = measured({ config: master, mounts: [mountThatPlays('/live.mp3', { kind: 'source' })] })
    expect(report).toMatchObject({ role: 'master', mounts: [{ mount: '/live.mp3' }] })
  })

  test("the promise is the update interval, 30 s at most; the operator's limits are included", () => {
    const slow = configOf('--update-interval 120 --max-bandwidth 5000 --location 1,2 --id a')
    expect(measured({ config: slow })).toMatchObject({
      interval: 30,
      maxBandwidth: 5000,
      location: { latitude: 1, longitude: 2 },
      id: 'a',
    })
  })

  test('a content type with control bytes or of any length cannot break the report', () => {
    const report = measured({
      mounts: [mountThatPlays('/live.mp3', { contentType: `a\u0000/b${'x'.repeat(600)}` })],
    })
    expect(parseSourcelist(printSourcelist(report))).toEqual(report)
  })
})
