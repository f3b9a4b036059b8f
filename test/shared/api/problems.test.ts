import { expect, test } from 'vitest'
import type { ClusterServerJson, Seen, SeenServer } from '../../../shared/api/cluster-json.ts'
import { clusterJson } from '../../../shared/api/describe-cluster.ts'
import { View } from '../../../shared/draw/view.ts'
import { newAnswers } from '../../../shared/history/counts.ts'
import { mountReport, serverOf } from '../../kit/reports.ts'

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
  expect(problems(many).at(-1)).toBe('notice: 201 more problems')
})
