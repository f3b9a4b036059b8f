import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import { rootMount } from '../../../origin/lib/root-mount.ts'
import type { LiveMount } from '../../../origin/mount/live-mount.ts'
import { type Measured, measure } from '../../../origin/report/measure.ts'
import { parseReply } from '../../../origin/report/reply.ts'
import { Reporter } from '../../../origin/report/reporter.ts'
import { Reports } from '../../../origin/report/reports.ts'

import type { Report } from '../../../shared/report/report.ts'
import { parseSourcelist, printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged, told } from '../../kit/log-records.ts'
import { ManualTime } from '../../kit/manual-time.ts'
import { settingsOf } from '../../kit/mount-settings.ts'
import { mountOf } from '../../kit/reports.ts'

const configOf = (line: string) =>
  createConfig({ flags: parseFlags(line.split(' ')).settings, environment: {}, file: undefined })
const slave = configOf('--master http://127.0.0.1:1 --master-password pw --max-listeners 100')
const master = configOf('--edge http://127.0.0.1:1 --edge-password pw')

const live = (path: string, with_: Partial<LiveMount> = {}): LiveMount => ({
  name: mountOf(path),
  kind: 'relay',
  contentType: 'audio/mpeg',
  format: 'mpeg',
  title: '',
  info: { kind: 'relay', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' },
  facts: undefined,
  sound: undefined,
  listeners: 0,
  listenerPeak: 0,
  maxListeners: null,
  joins: 0,
  kbps: 128,
  startedAtMs: 0,
  interruptedAtMs: undefined,
  tail: () => new Uint8Array(),
  ...with_,
})

const measured = (with_: Partial<Measured> = {}): Report =>
  measure({
    config: slave,
    boot: 'b1',
    seq: 1,
    state: 'up',
    mounts: [],
    idle: [],
    isMirrored: () => true,
    load: { listeners: 7, joins: 9, bandwidthKbps: () => 900 },
    ...with_,
  })

test.each([
  ['audio/ogg', 'Opus', 'audio/ogg; codecs=opus', 4],
  ['application/ogg', 'FLAC', 'application/ogg; codecs=flac', 4],
  ['audio/ogg; codecs="opus"', 'Opus', 'audio/ogg; codecs="opus"', 4],
  ['audio/ogg', 'Vorbis', 'audio/ogg', undefined],
  ['audio/ogg', undefined, 'audio/ogg', undefined],
] as const)('a master reports %s with %s as %s, a slave as it is', (contentType, subtype, said, hls) => {
  const mount = live('/live.ogg', { contentType, format: 'ogg', facts: subtype && { subtype } })
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
    const mount = live('/live', { contentType, format, sound })
    expect(measured({ config: master, mounts: [mount] }).mounts.at(0)?.contentType).toBe(said)
    expect(measured({ mounts: [mount] }).mounts.at(0)?.contentType).toBe(contentType)
  },
)

test('a mount / is in no report: an edge serves its own page there, and would reject the whole report', () => {
  const mounts = [
    live('/live.mp3', { kind: 'source' }),
    live('/live.mp3', { kind: 'source', name: rootMount }),
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
    const own = live('/own.mp3', { kind: 'source' })
    const mounts = [own, live('/live.mp3'), live('/other.mp3')]
    const isMirrored = (mount: string) => mount !== '/other.mp3'
    expect(measured({ mounts, isMirrored }).mounts.map(({ mount }) => mount)).toEqual(['/live.mp3'])
  })

  test('S7: a relay that lost its master stays while its listeners are kept, and an idle on-demand one is listed too', () => {
    const lost = live('/live.mp3', { interruptedAtMs: 5, listeners: 3 })
    const report = measured({ mounts: [lost], idle: [mountOf('/idle.mp3'), mountOf('/live.mp3')] })
    expect(report.mounts).toEqual([
      { mount: '/live.mp3', listeners: 3, max: null, kbps: 128, joins: 0, contentType: 'audio/mpeg' },
      { mount: '/idle.mp3', listeners: 0, max: null, kbps: 0, joins: 0, contentType: '' },
    ])
  })

  test("docs/protocol.md#when-a-report-is-sent: a master's report includes its relays, also idle ones", () => {
    const mounts = [live('/own.mp3', { kind: 'source' }), live('/relayed.mp3')]
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
      mounts: [live('/back.mp3')],
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
    const report = measured({ mounts: [live('/a%20b.mp3', { listeners: 2, maxListeners: 5, joins: 4 })] })
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
    const report = measured({ config: master, mounts: [live('/live.mp3', { kind: 'source' })] })
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
    const report = measured({ mounts: [live('/live.mp3', { contentType: `a\u0000/b${'x'.repeat(600)}` })] })
    expect(parseSourcelist(printSourcelist(report))).toEqual(report)
  })
})

describe('the reply', () => {
  test('its wish, its drain and the URL of the edge are read', () => {
    expect(parseReply('accepted 2\ninterval 5\nstate draining\nedge https://edge.example\n')).toEqual({
      interval: 5,
      isDraining: true,
      edgeUrls: ['https://edge.example'],
      probe: undefined,
    })
  })

  test('the addresses of the edge are read, the first of each scheme', () => {
    const reply = parseReply(
      'accepted 0\nedge https://edge.example\nedge ftp://x\nedge http://edge.example:8000/\nedge http://second.example\n',
    )
    expect(reply?.edgeUrls).toEqual(['https://edge.example', 'http://edge.example:8000'])
  })

  test("the edge's finding about this server is read, and cannot forge a line of a log", () => {
    const probe = (line: string) => parseReply(`accepted 0\n${line}\n`)?.probe
    expect(probe('probe ok')).toBe('ok')
    expect(probe('probe failed http://a.example:8000 connection refused')).toEqual({
      url: 'http://a.example:8000',
      why: 'connection refused',
    })
    expect(probe('probe failed http://a.example:8000 {by}\u0007é')).toMatchObject({ why: 'by' })
    for (const line of ['', 'probe', 'probe failed', 'probe failed nothing', 'probe soon'])
      expect(probe(line)).toBeUndefined()
  })

  test('unknown lines and bad values have no effect; without `accepted` it is not a reply', () => {
    expect(parseReply('accepted 0\r\ninterval soon\r\nedge javascript:1\r\nnew thing\r\n')).toEqual({
      interval: undefined,
      isDraining: false,
      edgeUrls: [],
      probe: undefined,
    })
    expect(parseReply('<html>hello</html>')).toBeUndefined()
  })
})

/** A decider whose answers the test gives, which records the reports and their times. */
function decider(time: ManualTime) {
  const told: { atMs: number; url: string; user: string; report: Report }[] = []
  const answers = {
    next: (): Response => new Response('accepted 0\ninterval 10\nstate up\n'),
  }
  const answer: typeof fetch = async (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization') ?? ''
    const [user = ''] = atob(authorization.slice(6)).split(':')
    told.push({ atMs: time.nowMs(), url: String(input), user, report: parseSourcelist(String(init?.body)) })
    return answers.next()
  }
  return { told, answers, fetch: answer, times: () => told.map(({ atMs }) => atMs) }
}

function reporterTo(
  { fetch }: ReturnType<typeof decider>,
  time: ManualTime,
  role: 'slave' | 'master' = 'slave',
) {
  const load = { listeners: 0, maxListeners: 100 }
  let seq = 0
  const reporter = new Reporter(
    'http://edge.example',
    { user: 'relay', password: 'pw' },
    {
      measure: () => ({ ...measured({ seq: ++seq }), role, listeners: load.listeners }),
      load: () => load,
      promisedMs: () => 10_000,
      fetch,
      timers: time,
      nowMs: time.nowMs,
      roll: () => 0,
      onReply: () => {},
    },
  )
  return { reporter, load }
}

test('the log says what to do where a decider cannot take the report', async () => {
  const whyFor = async (next: () => Response) => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = next
    const [record] = await told(async () => {
      reporterTo(edge, time).reporter.start()
      await time.pass(3000)
    })
    return record
  }
  const moved = () => new Response('', { status: 308, headers: { Location: 'https://edge.example/' } })
  expect(await whyFor(moved)).toMatchObject({
    message: 'report rejected',
    why: 'it redirects to https, as "Always Use HTTPS" at Cloudflare does: set the URL to https://edge.example',
  })
  expect(await whyFor(() => new Response('expected the credentials\n', { status: 401 }))).toMatchObject({
    why: 'expected the credentials; the user or the password is wrong',
  })
  const gone = () => {
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.1:80') })
  }
  expect(await whyFor(gone)).toMatchObject({ message: 'report not delivered', why: 'connection refused' })
})

test('another program with its id is logged when it begins and when it ends', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  const messages = await told(async () => {
    reporter.start()
    for (const line of ['', 'twin 203.0.113.9\n', 'twin 203.0.113.9\n', '', '']) {
      edge.answers.next = () => new Response(`accepted 0\ninterval 10\nstate up\n${line}`)
      await time.pass(10_000)
    }
  })
  reporter.stop()
  expect(messages.map(({ message, address }) => [message, address])).toEqual([
    ['report accepted', undefined],
    ['another program reports with the same id', '203.0.113.9'],
    ['no other program reports with the same id any more', undefined],
  ])
})

test('a process whose copy is ahead of it, both from one snapshot of a machine, takes another boot', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  edge.answers.next = () =>
    new Response('seq 1 is older than 900, the newest of this boot\n', { status: 409 })
  reporter.start()
  await time.pass(500)
  edge.answers.next = () => new Response('accepted 0\ninterval 10\nstate up\n')
  await time.pass(20_000)
  reporter.stop()
  const boots = edge.told.map(({ report }) => report.boot)
  expect(boots.length).toBeGreaterThan(2)
  expect(new Set(boots.slice(1)).size).toBe(1)
  expect(boots[1]).not.toBe(boots[0])
})

test('a boot that another replaced is kept: two programs do not take the id from each other in turn', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  edge.answers.next = () => new Response('boot b was replaced by another, which is live\n', { status: 409 })
  reporter.start()
  await time.pass(30_000)
  reporter.stop()
  expect(new Set(edge.told.map(({ report }) => report.boot)).size).toBe(1)
})

test('an edge that cannot reach this server is logged once, and once when it can again', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  const says = (line: string) => {
    edge.answers.next = () => new Response(`accepted 0\ninterval 10\nstate up\n${line}`)
    return time.pass(20_000)
  }
  const messages = await told(async () => {
    says('')
    reporter.start()
    await time.pass(0)
    await says('probe failed http://a.example:8000 connection refused\n')
    await says('probe failed http://a.example:8000 no answer in time\n')
    await says('')
    await says('probe ok\n')
    await says('probe ok\n')
  })
  reporter.stop()
  const by = 'http://edge.example'
  const url = 'http://a.example:8000'
  expect(messages).toEqual([
    { message: 'report accepted', by },
    { message: 'this server is unreachable from the edge', by, url, why: 'connection refused' },
    { message: 'this server is reachable from the edge again', by, url },
  ])
})

describe('when a report is sent (docs/protocol.md#when-a-report-is-sent)', () => {
  test('at once when it starts, then by the promised interval', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    reporterTo(edge, time).reporter.start()
    await time.pass(35_000)
    expect(edge.times()).toEqual([0, 10_000, 20_000, 30_000])
    expect(edge.told.map(({ report }) => report.seq)).toEqual([1, 2, 3, 4])
    expect(edge.told[0]?.url).toBe('http://edge.example/admin/sourcelist.txt')
  })

  test('S14: within 1 s of the start or end of a mirrored mount, but never more than once a second', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(3000)
    for (let i = 0; i < 20; i++) {
      reporter.change()
      await time.pass(100)
    }
    await time.pass(1000)
    expect(edge.times()).toEqual([0, 3000, 4000, 5000])
  })

  test('S8: right before a request for the stream list, unless one was sent within the last second', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(500)
    await reporter.flush()
    expect(edge.times()).toEqual([0])
    await time.pass(4500)
    await reporter.flush()
    expect(edge.times()).toEqual([0, 5000])
  })

  test('when the number of listeners has changed by more than 5 % of the maximum, up or down', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const { reporter, load } = reporterTo(edge, time)
    reporter.start()
    load.listeners = 5
    await time.pass(3000)
    expect(edge.times()).toEqual([0])
    load.listeners = 6
    await time.pass(500)
    expect(edge.told.map(({ report }) => report.listeners)).toEqual([0, 6])
    load.listeners = 0
    await time.pass(1000)
    expect(edge.told.map(({ report }) => report.listeners)).toEqual([0, 6, 0])
  })

  test("the reply's wish makes reports more frequent, never less frequent than promised", async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = () => new Response('accepted 0\ninterval 2\n')
    reporterTo(edge, time).reporter.start()
    await time.pass(7000)
    expect(edge.times()).toEqual([0, 2000, 4000, 6000])
    edge.answers.next = () => new Response('accepted 0\ninterval 3600\n')
    await time.pass(30_000)
    expect(edge.times().slice(4)).toEqual([8000, 18_000, 28_000])
  })

  test('an unreachable decider is asked at growing intervals, but never less often than promised', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = () => {
      throw new TypeError('fetch failed')
    }
    reporterTo(edge, time).reporter.start()
    await time.pass(40_000)
    expect(edge.times()).toEqual([0, 1000, 3000, 7000, 15_000, 25_000, 35_000])
  })

  test('no report is sent while another is in progress', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const waiting: ((response: Response) => void)[] = []
    let asked = 0
    const slow = {
      ...edge,
      fetch: (() => {
        asked++
        return new Promise<Response>((resolve) => waiting.push(resolve))
      }) as typeof fetch,
    }
    const { reporter } = reporterTo(slow, time)
    reporter.start()
    await time.pass(5000)
    reporter.change()
    await time.pass(5000)
    expect(asked).toBe(1)
    waiting[0]?.(new Response('accepted 0\n'))
    await time.pass(1000)
    expect(asked).toBe(2)
  })

  test('the last report says leaving a second after the one before, and none follows', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(400)
    const left = reporter.leave()
    await time.pass(60_000)
    await left
    expect(edge.times()).toEqual([0, 1000])
  })
})

test('a decider that knows this server and is away for a moment gets the leaving report when it is back', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  reporter.start()
  await time.pass(2000)
  const taken = edge.answers.next
  edge.answers.next = () => {
    throw new TypeError('fetch failed')
  }
  const left = reporter.leave()
  await time.pass(1500)
  edge.answers.next = taken
  await time.pass(60_000)
  await left
  expect(edge.times()).toEqual([0, 2000, 3000, 4000])
})

test('S10: a decider that stays away gets no more leaving reports once it considers this server dead', async () => {
  const time = new ManualTime()
  const edge = decider(time)
  const { reporter } = reporterTo(edge, time)
  reporter.start()
  await time.pass(2000)
  edge.answers.next = () => {
    throw new TypeError('fetch failed')
  }
  const left = reporter.leave()
  await time.pass(120_000)
  await left
  // it promised 10 s: 2.5 times that and 2 s after it began to leave
  expect(edge.times().at(-1)).toBe(2000 + 27_000)
})

describe('a reporter', () => {
  test('that gets 401 as user relay: a master tries as user master, and stays with what works', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = () =>
      edge.told.at(-1)?.user === 'master' ? new Response('accepted 0\n') : new Response('no', { status: 401 })
    reporterTo(edge, time, 'master').reporter.start()
    await time.pass(12_000)
    expect(edge.told.map(({ user }) => user)).toEqual(['relay', 'master', 'master'])
  })

  test('that gets 401 as a slave tries no other user', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = () => new Response('no', { status: 401 })
    reporterTo(edge, time).reporter.start()
    await time.pass(4000)
    expect(new Set(edge.told.map(({ user }) => user))).toEqual(new Set(['relay']))
  })

  const refusing = (status: number, server?: string) => () =>
    new Response('no', { status, headers: server === undefined ? {} : { Server: server } })
  const tenMinutes = 600_000

  test.for([
    [400, undefined],
    [403, undefined],
    [404, undefined],
    [405, undefined],
    [413, undefined],
    [400, 'Icecast 2.4.4'],
    [401, 'Icecast 2.5.0'],
  ] as const)(
    'S12: treats a master that answers %s (Server: %s) as one without reports, and asks again after 10 minutes',
    async ([status, server]) => {
      const time = new ManualTime()
      const edge = decider(time)
      edge.answers.next = refusing(status, server)
      const { reporter } = reporterTo(edge, time)
      reporter.start()
      for (let passed = 0; passed < 2 * tenMinutes; passed += 10_000) {
        await time.pass(10_000)
        await reporter.flush()
        reporter.change()
      }
      expect(edge.times()).toEqual([0, tenMinutes, 2 * tenMinutes])
      await reporter.leave()
      expect(edge.told).toHaveLength(3)
    },
  )

  test.for([401, 408, 409, 429, 500, 503])(
    'asks again soon after %i: the server may support reports',
    async (status) => {
      const time = new ManualTime()
      const edge = decider(time)
      edge.answers.next = refusing(status)
      reporterTo(edge, time).reporter.start()
      await time.pass(16_000)
      expect(edge.times()).toEqual([0, 1000, 3000, 7000, 15_000])
    },
  )

  test('asks a decider that accepted a report again soon, whatever a proxy answers for a while', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(11_000)
    edge.answers.next = refusing(404, 'nginx')
    await time.pass(30_000)
    expect(edge.times()).toEqual([0, 10_000, 20_000, 21_000, 23_000, 27_000, 35_000])
    await time.pass(2 * tenMinutes)
    const later = edge.times().filter((atMs) => atMs > 20_000 + tenMinutes)
    expect(later).toHaveLength(1)
  })

  test('S13: that was told to wait reports at once when another server answers at its address, or SIGHUP comes', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = refusing(400, 'Icecast 2.4.4')
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    reporter.seen('Icecast 2.4.4')
    await time.pass(20_000)
    reporter.seen('Icecast 2.4.4')
    await time.pass(10_000)
    expect(edge.times()).toEqual([0])
    reporter.seen(null) // it is away, and returns
    reporter.seen('Icecast 2.4.4')
    await time.pass(20_000)
    expect(edge.times()).toEqual([0, 30_000])
    reporter.retry()
    await time.pass(10_000)
    expect(edge.times()).toEqual([0, 30_000, 50_000])
    edge.answers.next = () => new Response('accepted 0\n')
    reporter.seen('Icecast-compatible distributary/0.1.0')
    await time.pass(20_000)
    expect(edge.times()).toEqual([0, 30_000, 50_000, 60_000, 70_000, 80_000])
  })

  const reportsOf = (
    line: string,
    time: ManualTime,
    edge: ReturnType<typeof decider>,
    config = configOf(line),
  ) => {
    return new Reports(config, {
      measure: () => measured({ config }),
      load: () => ({ listeners: 7, maxListeners: 100 }),
      promisedMs: () => 10_000,
      fetch: edge.fetch,
      timers: time,
      nowMs: time.nowMs,
      roll: () => 0,
      onReply: () => {},
    })
  }
  const both =
    '--hostname a.example --master http://m.example --master-password pw --edge http://e.example --edge-password e'

  test('a slave reports to its master and to each edge, once if they are the same', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    reportsOf(`${both} --edge http://m.example`, time, edge).start()
    await time.pass(0)
    expect(edge.told.map(({ url }) => new URL(url).host).sort()).toEqual(['e.example', 'm.example'])
  })

  test('S8: of several masters each gets its own report, right before its list is asked for', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const reports = reportsOf(`${both} --master http://n.example`, time, edge)
    await reports.flush('http://n.example')
    expect(edge.told.map(({ url }) => new URL(url).host)).toEqual(['n.example'])
  })

  test('on SIGHUP it says leaving to a removed master, starts with a new one, and sends the others nothing', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const config = configOf(`${both} --master http://n.example`)
    const reports = reportsOf('', time, edge, config)
    reports.start()
    await time.pass(2000)
    const before = edge.told.length
    const [gone, kept] = config.masters
    config.masters = [kept, { url: 'http://new.example', user: 'relay', password: 'pw' }].filter(
      (each) => each !== undefined,
    )
    reports.configure()
    await time.pass(2000)
    const told = edge.told.slice(before).map(({ url, report }) => [new URL(url).origin, report.state])
    expect(told).toEqual([
      ['http://new.example', 'up'],
      [gone?.url, 'leaving'],
    ])
  })

  test('an edge that takes itself for a loopback address is called by the configured one, and the log says so once', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const reports = reportsOf(both, time, edge)
    edge.answers.next = () =>
      new Response('accepted 0\nedge http://127.0.0.1:8000\nedge https://radio.example\n')
    const records = await logged(async () => {
      reports.start()
      await time.pass(2000)
      reports.change()
      await time.pass(2000)
    })
    expect(reports.edgeUrls).toEqual(['https://radio.example'])
    const said = records.filter(({ message }) => message.join('').startsWith('loopback address of the edge'))
    expect(said.map(({ properties }) => properties)).toEqual([
      { by: 'http://m.example', edge: 'http://127.0.0.1:8000' },
      { by: 'http://e.example', edge: 'http://127.0.0.1:8000' },
    ])
  })

  test('listeners are sent back to the edge at the address in its reply, else at the configured one', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const reports = reportsOf(both, time, edge)
    expect(reports.edgeUrls).toEqual(['http://e.example'])
    edge.answers.next = () => new Response('accepted 0\nstate draining\nedge https://public.example\n')
    reports.start()
    await time.pass(0)
    expect(reports.edgeUrls).toEqual(['https://public.example'])
    expect(reports.isDraining).toBe(true)
  })

  test('a drained server that asks again hears within a second that its drain has ended, however many ask, and asks no other decider', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const reports = reportsOf(both, time, edge)
    const askedAt = () =>
      edge.told.flatMap(({ url }, i) => (new URL(url).host === 'e.example' ? [edge.times()[i]] : []))
    edge.answers.next = () => new Response('accepted 0\nstate draining\n')
    reports.start()
    await time.pass(300)
    let answered = 0
    // it is asked in the second after a report, and again while that answer is waited for
    for (let i = 0; i < 100; i++) void reports.renew().then(() => answered++)
    edge.answers.next = () => new Response('accepted 0\nstate up\n')
    await time.pass(600)
    expect([askedAt(), answered, reports.isDraining]).toEqual([[0], 0, true])
    await time.pass(100)
    expect([askedAt(), answered, reports.isDraining]).toEqual([[0, 1000], 100, false])
    await reports.renew() // nobody drains it
    expect(edge.told.length).toBe(4)
  })

  test('a drained server that asks again waits for no decider that is away', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    const reports = reportsOf(both, time, edge)
    edge.answers.next = () => new Response('accepted 0\nstate draining\n')
    reports.start()
    await time.pass(5000)
    edge.answers.next = () => {
      throw new TypeError('fetch failed')
    }
    const renewed = reports.renew()
    await time.pass(0)
    await renewed // answered by a failure
    let isHeldUp = true
    void reports.renew().then(() => {
      isHeldUp = false
    })
    await time.pass(2000)
    expect([isHeldUp, reports.isDraining]).toEqual([false, true])
  })

  test('S12: a master that accepts no reports is not an edge', async () => {
    const time = new ManualTime()
    const edge = decider(time)
    edge.answers.next = () => new Response('<html>400</html>', { status: 400 })
    const reports = reportsOf(
      '--hostname a.example --master http://m.example --master-password pw',
      time,
      edge,
    )
    reports.start()
    await time.pass(0)
    expect(edge.told.length).toBe(1)
    expect(reports.edgeUrls).toEqual([])
    const left = reports.leave()
    await time.pass(60_000)
    await left
    expect(edge.told.length).toBe(1) // it gets no leaving report either
  })
})
