import { expect, test } from 'vitest'
import { carriageOf, isSameCarriage, pack, unpack } from '../../../edge/workers/packed-server.ts'
import { mountReport, reportOf, serverOf } from '../../kit/reports.ts'

const mounts = [
  mountReport('/a', { listeners: 3, joins: 2 ** 53 - 1, max: 7 }),
  mountReport('/b', { kbps: 0, contentType: 'audio/ogg; codecs=opus' }),
]

test('a packed server unpacks to the same server, with its carriage or with the one sent before', () => {
  const server = serverOf('a', { mounts }, { debit: 5, receivedAtMs: 9 })
  const whole = pack(server, true)
  expect(unpack(whole, whole.carriage ?? [])).toEqual(server)
  const loadsAlone = pack(server, false)
  expect(loadsAlone.carriage).toBeUndefined()
  expect(unpack(loadsAlone, carriageOf(server.report))).toEqual(server)
  expect(unpack(loadsAlone, [])).toBeUndefined()
})

test('the carriage stays the same while only loads change', () => {
  const report = reportOf('a', { mounts })
  const [first, second] = mounts as [(typeof mounts)[0], (typeof mounts)[0]]
  const withMounts = (...changed: typeof mounts) => isSameCarriage(report, { ...report, mounts: changed })
  expect(withMounts({ ...first, listeners: 9, joins: 1, kbps: 64 }, second)).toBe(true)
  expect(withMounts({ ...first, max: 8 }, second)).toBe(false)
  expect(withMounts({ ...first, contentType: 'audio/aac' }, second)).toBe(false)
  expect(withMounts(first)).toBe(false)
  expect(withMounts(second, first)).toBe(false)
})
