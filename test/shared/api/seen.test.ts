import { expect, test } from 'vitest'
import { seenData, seenIn, seenOf } from '../../../shared/api/seen.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { live } from '../../kit/parts/draws.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/** A decider to which two servers report, one of them its joins. */
function heard() {
  const registry = new Registry(undefined, 100, 0)
  const report = (id: string, joins: number | undefined, nowMs: number) => {
    const said = reportOf(id, { boot: 'b', seq: nowMs, ...(joins !== undefined && { joins }) })
    const sender = { program: 'distributary 0.1.0', clockOffsetSeconds: 2 }
    registry.put(said, printSourcelist(said), nowMs, id === 'a' ? { sender } : {})
  }
  report('a', 10, 0)
  report('b', undefined, 0)
  report('a', 17, 1000)
  registry.count({ answer: 'redirect', mount: live, country: 'DE', n: 4 }, 1000)
  registry.count({ answer: 'no_room', mount: live, n: 3 }, 1000)
  registry.count({ answer: 'redirect', mount: live, sentBackBy: 'b', n: 2 }, 1000)
  return registry
}

const perMinute = {
  answers: { redirect: 6, relay: 0, playlist: 0, hls: 0, last_resort: 0, no_room: 3, unknown_mount: 0 },
  sendBacks: 2,
  refusals: 3,
  joins: 7,
}
const a = { joinsPerMinute: 7, version: 'distributary 0.1.0', clockOffsetSeconds: 2 }
const b = { joinsPerMinute: null, version: null, clockOffsetSeconds: null }

test('what a decider has seen is counted within the last minute, and joins only of servers that report them', () => {
  const seen = seenOf(heard(), 2000)
  expect(seen.perMinute).toEqual(perMinute)
  expect([seen.serverOf('a'), seen.serverOf('b')]).toEqual([a, b])
  expect(seen.countries).toEqual({ '/live.mp3': { DE: 4 } })
  expect(seenOf(heard(), 62_000).perMinute).toMatchObject({ sendBacks: 0, refusals: 0, joins: 0 })
})

test('is the same where an object of Workers sends it', () => {
  const registry = heard()
  const data = structuredClone(seenData(registry, 2000))
  expect(data.servers).toEqual({ a, b })
  const sent = seenIn(data)
  expect(sent.perMinute).toEqual(perMinute)
  expect([sent.serverOf('a'), sent.serverOf('b'), sent.serverOf('constructor')]).toEqual([a, b, undefined])
  expect(sent.countries).toEqual({ '/live.mp3': { DE: 4 } })
  expect(sent.totals()).toEqual(registry.history.counts.totals)
})
