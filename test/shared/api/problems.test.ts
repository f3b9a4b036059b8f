import { expect, test } from 'vitest'
import type { ClusterServerJson, Seen, SeenServer } from '../../../shared/api/cluster-json.ts'
import { clusterJson } from '../../../shared/api/describe-cluster.ts'
import { View } from '../../../shared/draw/view.ts'
import { newAnswers } from '../../../shared/history/counts.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

type Server = Parameters<View['put']>[0]

const seenOf = (servers: Record<string, SeenServer> = {}, refusals = 0): Seen => ({
  perMinute: { answers: {}, sendBacks: 0, refusals, joins: 0 },
  serverOf: (id) => servers[id],
  countries: {},
  totals: () => ({ answers: newAnswers(), sendBacks: {}, joins: {}, reports: {} }),
})
const about = (over: Partial<ClusterServerJson>) => ({
  joinsPerMinute: null,
  version: null,
  clockOffsetSeconds: null,
  ...over,
})

/** What is said to be wrong 14 s after these servers reported. */
function problems(servers: Server[], seen = seenOf(), nowMs = 14_000): string[] {
  const view = new View(100)
  for (const server of servers) view.put(server)
  return clusterJson(view, seen, [], nowMs, 0, false).problems.map(
    ({ severity, text }) => `${severity}: ${text}`,
  )
}
const master = serverOf('m', { role: 'master' }, { receivedAtMs: 14_000 })
const slave = (id: string, over = {}, held = {}) => serverOf(id, over, { receivedAtMs: 14_000, ...held })

test('nothing is wrong with servers that report and have room', () => {
  expect(problems([master, slave('a')])).toEqual([])
})

test('a late report is a warning, a stale server is critical', () => {
  expect(problems([master, serverOf('relay2')])).toEqual(['warning: relay2: no report for 14 s'])
  expect(problems([master, serverOf('relay2', { interval: 1 })])).toEqual([
    'critical: relay2: no report for 14 s',
  ])
})

test('a mount without a master, without room, and off the air is critical, and comes first', () => {
  const far = serverOf('old', { interval: 1, mounts: [mountReport('/gone.mp3')] })
  const full = slave('full', { mounts: [mountReport('/own.mp3')], listeners: 100 })
  expect(problems([master, full, far, slave('late', {}, { receivedAtMs: 0 })])).toEqual([
    'critical: /gone.mp3: off air: no live server carries it',
    'critical: /own.mp3: no master',
    'critical: /own.mp3: no server has room for it',
    'critical: old: no report for 14 s',
    'warning: late: no report for 14 s',
    'notice: full: full',
  ])
})

test('a report is late from 3 s after its time on, and ages are told in seconds, minutes and hours', () => {
  const since = (ageSeconds: number, interval: number) =>
    problems([serverOf('a', { interval })], seenOf(), ageSeconds * 1000)
  expect(since(13, 10)).toEqual([])
  expect(since(13.1, 10)).toEqual(['warning: a: no report for 13 s'])
  expect(since(119, 60)).toEqual(['warning: a: no report for 119 s'])
  expect(since(120, 60)).toEqual(['warning: a: no report for 2 min'])
  expect(since(7199, 3600)).toEqual(['warning: a: no report for 120 min'])
  expect(since(7200, 3600)).toEqual(['warning: a: no report for 2 h'])
})

test('a cluster that no server reports to may be cut off, and says how many it goes on with', () => {
  const held = { heldUntilMs: 1e9, receivedAtMs: -60_000 }
  const start = 'critical: no server reported for a while, as if this program were cut off'
  expect(problems([slave('a', {}, held)])[0]).toBe(
    `${start}: 1 server gets listeners by a report that is too old`,
  )
  expect(problems([slave('a', {}, held), slave('b', {}, held)])[0]).toBe(
    `${start}: 2 servers get listeners by a report that is too old`,
  )
})

test('a cluster that no server has reported to says so', () => {
  expect(problems([])).toEqual(['notice: no server has reported yet'])
})

test('one server with room is enough for a mount, whichever it is', () => {
  const full = (id: string) => slave(id, { listeners: 100 })
  const others = ['notice: a: full', 'notice: c: full']
  const room = slave('b', { maxListeners: 1000 })
  expect(problems([full('a'), room, full('c')])).toEqual(others)
  expect(problems([full('a'), full('c')]).slice(0, 2)).toEqual([
    'critical: /live.mp3: no server has room for it',
    'critical: cluster 100 % full',
  ])
})

test('where no master reports at all, as with a stock Icecast, mounts do not lack one', () => {
  expect(problems([slave('a')])).toEqual([])
})

test('a cluster that is 93 % full is a warning, one that refuses listeners is critical', () => {
  const crowded = slave('a', { listeners: 186, maxListeners: 200 })
  expect(problems([crowded])).toEqual(['warning: cluster 93 % full'])
  expect(problems([crowded], seenOf({}, 1))).toEqual([
    'critical: 1 request got no server within the last minute',
    'warning: cluster 93 % full',
  ])
})

test.each([
  [89, []],
  [90, ['warning: cluster 90 % full']],
  [97, ['warning: cluster 97 % full']],
  [98, ['critical: cluster 98 % full']],
])('%i listeners of 100: %j', (listeners, said) => {
  expect(problems([slave('a', { listeners })])).toEqual(said)
})

/** The problems of servers with these clocks, in seconds by which they are ahead. */
function clockProblems(clocks: Record<string, number>, held: Partial<Server> = {}): string[] {
  const seen = Object.entries(clocks).map(([id, clockOffsetSeconds]) => [id, about({ clockOffsetSeconds })])
  return problems(
    Object.keys(clocks).map((id, i) => slave(id, {}, i === 0 ? held : {})),
    seenOf(Object.fromEntries(seen)),
  )
}

test('a clock that is off is named; if most are off by the same amount, the own clock is', () => {
  expect(clockProblems({ a: 0, b: 1, c: -1, relay1: -40 })).toEqual(['warning: clock of relay1 is 40 s off'])
  const own = 'warning: the clock of this program is 10 min off, by those of most servers'
  expect(clockProblems({ a: 600, b: 601, c: 600, relay1: 600 })).toEqual([own])
  expect(clockProblems({ a: 600, b: 600, relay1: 560 })).toEqual([
    own,
    'warning: clock of relay1 is 40 s off',
  ])
})

test('the own clock is off only where most servers agree', () => {
  const off = (id: string) => `warning: clock of ${id} is 10 min off`
  expect(clockProblems({ a: 0, b: 0, c: 600, d: 600 })).toEqual([off('c'), off('d')])
  expect(clockProblems({ a: 0, b: 0, c: -600, d: -600 })).toEqual([off('c'), off('d')])
  expect(clockProblems({ a: -600, b: 8, c: 600 })).toEqual([
    off('a'),
    'warning: clock of b is 8 s off',
    off('c'),
  ])
  expect(clockProblems({ a: 5, b: 6, c: 7, d: 0 })).toEqual([
    'warning: the clock of this program is 6 s off, by those of most servers',
    'warning: clock of d is 6 s off',
  ])
})

test('5 s are too much to agree, and enough to be off', () => {
  const own = 'warning: the clock of this program is 5 s off, by those of most servers'
  expect(clockProblems({ a: 5, b: 5, c: 5 })).toEqual([own])
  expect(clockProblems({ a: 600, b: 605, c: 20 })[0]).toBe('warning: clock of a is 10 min off')
  expect(clockProblems({ a: 600, b: 604, c: 20 })[0]).toMatch(
    /^warning: the clock of this program is 10 min off/,
  )
})

test('two servers are too few to tell that the own clock is off', () => {
  expect(clockProblems({ a: 600, b: 600 })).toEqual([
    'warning: clock of a is 10 min off',
    'warning: clock of b is 10 min off',
  ])
})

test('a clock counts as off from 5 s on, and that of a stale server not at all', () => {
  expect(clockProblems({ a: 4.9, b: -5 })).toEqual(['warning: clock of b is 5 s off'])
  expect(clockProblems({ a: 40, b: 0 }, { receivedAtMs: -60_000 })).toEqual([
    'critical: a: no report for 74 s',
  ])
})

test('different versions are worth knowing', () => {
  const versions = {
    a: about({ version: 'distributary 0.1.0' }),
    b: about({ version: 'distributary 0.2.0' }),
  }
  expect(problems([slave('a'), slave('b')], seenOf(versions))).toEqual([
    'notice: servers run different versions: distributary 0.1.0 on 1, distributary 0.2.0 on 1',
  ])
})

test('which of our versions run is told in order, whatever other programs report', () => {
  const of = (...versions: string[]) => {
    const seen = versions.map((version, i) => [`s${i}`, about({ version })])
    return problems(
      versions.map((_, i) => slave(`s${i}`)),
      seenOf(Object.fromEntries(seen)),
    )
  }
  expect(
    of(
      'distributary 0.3.0',
      'distributary 0.1.0',
      'Icecast 2.4.4',
      'distributary 0.2.0',
      'distributary 0.1.0',
    ),
  ).toEqual([
    'notice: servers run different versions: distributary 0.1.0 on 2, distributary 0.2.0 on 1, distributary 0.3.0 on 1',
  ])
  expect(of('distributary 0.1.0', 'Icecast 2.4.4')).toEqual([])
  const gone = slave('old', {}, { receivedAtMs: -60_000 })
  const seen = { a: about({ version: 'distributary 0.2.0' }), old: about({ version: 'distributary 0.1.0' }) }
  expect(problems([slave('a'), gone], seenOf(seen)), 'one that no longer runs').toEqual([
    'critical: old: no report for 74 s',
  ])
})

test('a server that leaves or drains itself says so, and what is noted of one in the draw is worth knowing', () => {
  const shared = { urls: ['http://one.example'] }
  const said = problems([
    slave('a', shared),
    slave('b', shared),
    slave('d', { state: 'draining' }),
    slave('l', { state: 'leaving' }),
  ])
  expect(said).toEqual([
    expect.stringMatching(/^notice: a: b reports its url http:\/\/one\.example too/),
    expect.stringMatching(/^notice: b: a reports its url http:\/\/one\.example too/),
    'notice: d: draining, so it gets no listeners',
    'notice: l: leaving',
  ])
  expect(problems([slave('a'), slave('u', {}, { reachable: false })])).toEqual(['warning: u: unreachable'])
})

test('drained, unreachable and empty servers say so; a list of thousands is cut', () => {
  const unreached = { url: 'http://u.example.org:8000', problem: 'timed out' }
  expect(
    problems([
      slave('d', {}, { drained: true }),
      slave('u', {}, { reachable: false, unreached }),
      slave('x'),
      slave('e', { mounts: [] }),
    ]),
  ).toEqual([
    'warning: e: its report names no mount',
    'warning: u: the edge cannot reach http://u.example.org:8000 (timed out)',
    'notice: d: drained here, so it gets no listeners',
  ])
  const many = Array.from({ length: 300 }, (_, i) => slave(`s${i}`, { mounts: [] }))
  expect(problems(many)).toHaveLength(100)
  expect(problems(many.slice(0, 100)).at(-1)).toBe('warning: s99: its report names no mount')
  expect(problems(many).at(-1)).toBe('notice: 201 more problems')
})
