import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serversJson } from '../../../shared/api/json.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { asked, live, policy, viewOf } from '../../kit/parts/draws.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

interface Facts {
  role: 'slave' | 'master'
  state: 'up' | 'draining' | 'leaving'
  slots: number
  mountSlots: number | null
  carries: boolean
  kind: 'reports' | 'polled' | 'carries all'
  drained: boolean
  reachable: boolean
  receivedAtMs: number
  heldUntilMs: number
}

/** The first of the values three times in four. */
const mostly = <T>(first: T, ...rest: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...rest) })

const clusters = fc.array(
  fc.record<Facts>({
    role: mostly<Facts['role']>('slave', 'master'),
    state: mostly<Facts['state']>('up', 'draining', 'leaving'),
    slots: mostly(5, 0),
    mountSlots: mostly<number | null>(null, 0, 5),
    carries: mostly(true, false),
    kind: mostly<Facts['kind']>('reports', 'polled', 'carries all'),
    drained: mostly(false, true),
    reachable: mostly(true, false),
    receivedAtMs: mostly(0, -50_000, 5_000),
    heldUntilMs: mostly(Number.NEGATIVE_INFINITY, 30_000, 100_000),
  }),
  { minLength: 1, maxLength: 6 },
)

function serverWith(id: string, facts: Facts) {
  const { role, state, slots, mountSlots, carries, kind, drained, reachable, receivedAtMs, heldUntilMs } =
    facts
  const mounts = carries && kind !== 'carries all' ? [mountReport('/live.mp3', { max: mountSlots })] : []
  return serverOf(
    id,
    { role, state, maxListeners: slots, mounts },
    {
      drained,
      reachable,
      receivedAtMs,
      heldUntilMs,
      polled: kind === 'polled',
      carriesAll: kind === 'carries all',
    },
  )
}

test('a server is drawn just when /api/servers gives no reason against it, at any moment', () => {
  let drawn = 0
  let out = 0
  fc.assert(
    fc.property(clusters, fc.constantFrom(0, 26_999, 27_000, 27_001, 32_001), (facts, nowMs) => {
      const all = facts.map((each, index) => serverWith(`s${index}`, each))
      const view = viewOf(...all)
      for (const { id, out: reason } of serversJson(view, nowMs)) {
        // the only mount of the cluster, so the reasons of the server are those of the mount; others are left out one by one
        const alone = viewOf(
          ...all.map((server) => (server.report.id === id ? server : { ...server, drained: true })),
        )
        const decision = decide(alone, { ...asked, mount: live }, nowMs, () => 0.5, policy)
        const isDrawn = typeof decision !== 'string' && decision.server.report.id === id
        expect([id, isDrawn]).toEqual([id, reason === null])
        if (isDrawn) drawn++
        else out++
      }
    }),
    { numRuns: repetitions(1000) },
  )
  expect(drawn).toBeGreaterThan(repetitions(100))
  expect(out).toBeGreaterThan(repetitions(100))
})
