import { expect, test } from 'vitest'
import { mountOf, mountReport, reportOf } from '../kit/parts/reports.ts'
import { Ledger } from './world/truth/ledger.ts'

test('what an observer knows: a silence lasts until a report, also where a server goes stale beside which another is in time', () => {
  const ledger = new Ledger()
  const mounts = [mountReport('/live.mp3')]
  for (const [id, interval] of [
    ['a', 2],
    ['b', 2],
    ['c', 5],
    ['seldom', 10],
  ] as const)
    ledger.heard(reportOf(id, { role: 'master', interval, mounts }), id === 'seldom' ? 6000 : 0, true)
  const listener = { mount: mountOf('/live.mp3'), country: undefined, isRelay: false, except: undefined }
  // two are stale at 7 s, and of the one that reports every 10 s nothing can be told; the third is stale at 14.5 s
  for (const nowMs of [8000, 15_000, 19_000]) expect(ledger.forbids('c', listener, nowMs)).toBeUndefined()
  // a report ends it, and those that were kept in get one more deadline
  ledger.heard(reportOf('a', { role: 'master', interval: 2, mounts }), 20_000, true)
  expect(ledger.forbids('c', listener, 34_000)).toBeUndefined()
  expect(ledger.forbids('c', listener, 35_000)).toMatch(/stale/)
})
