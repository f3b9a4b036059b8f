import { describe, expect, test } from 'vitest'
import { Balance } from '../../../shared/hls/balance.ts'
import { BusyMeter } from '../../../shared/hls/busy-meter.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { serverOf } from '../../kit/parts/reports.ts'

/** s */
const target = 4
const lastsS = hlsLimits.sessionTargets * target

describe('sessions that were moved away', () => {
  const server = (receivedAtMs: number, factor = 1) =>
    serverOf('a', { listeners: 10, maxListeners: 20 }, { receivedAtMs, factor })

  test('are not counted at their old server until a report shows that they have gone', () => {
    const balance = new Balance(100)
    for (const ms of [5000, 5999, 6000]) balance.depart(server(0), ms)
    expect(balance.listeners(server(0), target)).toBe(7)
    expect(balance.utilisation(server(0), target)).toBe(7 / 20)
    // a report shows those who left three target durations before it, to the second
    const reportMs = 1000 * (5 + lastsS)
    expect(balance.listeners(server(reportMs), target)).toBe(7)
    expect(balance.listeners(server(reportMs + 1000), target)).toBe(9)
    expect(balance.listeners(server(reportMs + 2000), target)).toBe(10)
  })

  test('count as often as other deciders move some too, and never below none', () => {
    const balance = new Balance(100)
    for (let i = 0; i < 4; i++) balance.depart(server(0), 1000)
    expect(balance.listeners(server(0, 2), target)).toBe(2)
    expect(balance.listeners(server(0, 3), target)).toBe(0)
  })

  test('are counted at their new server, as those are that were redirected there', () => {
    const coming = serverOf('a', { listeners: 10 }, { debit: 3, factor: 2 })
    expect(new Balance(100).listeners(coming, target)).toBe(16)
  })

  test('are forgotten in the end, second by second', () => {
    const balance = new Balance(100)
    balance.depart(server(0), 1000)
    balance.depart(server(0), 1000 * (1 + hlsLimits.departedSeconds))
    expect(balance.listeners(server(0), target)).toBe(8)
    balance.depart(server(0), 1000 * (2 + hlsLimits.departedSeconds))
    expect(balance.listeners(server(0), target)).toBe(8)
  })
})

test('a server without a maximum has the slots that the operator said', () => {
  const balance = new Balance(7)
  expect(balance.slots(serverOf('a', { maxListeners: undefined }))).toBe(7)
  expect(balance.slots(serverOf('a', { maxListeners: 3 }))).toBe(3)
  expect(balance.slots(serverOf('a', { maxListeners: 0 }))).toBe(1)
})

describe('a server that is too full', () => {
  const server = serverOf('a')
  const [over, even] = [hlsLimits.overfullPoints / 100, hlsLimits.evenPoints / 100]

  test('gives sessions away until it is evened out, and not again before it is too full', () => {
    const balance = new Balance(100)
    const steps = [over, over + 0.001, over, even + 0.001, even, even + 0.001, over, 1]
    expect(steps.map((excess) => balance.isOverfull(server, excess))).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ])
  })

  test('is not one that sessions left for another reason', () => {
    const balance = new Balance(100)
    balance.depart(server, 1000)
    expect(balance.isOverfull(server, over)).toBe(false)
  })

  test('is known by itself, and the one that was looked at longest ago is forgotten where there are too many', () => {
    const balance = new Balance(100)
    const each = (n: number) => serverOf(`s${n}`)
    for (let n = 0; n < hlsLimits.balancedMax; n++) balance.isOverfull(each(n), 1)
    const isEvening = (n: number) => balance.isOverfull(each(n), over)
    expect([isEvening(0), isEvening(1)]).toEqual([true, true])
    balance.isOverfull(each(0), 1)
    balance.isOverfull(each(hlsLimits.balancedMax), 1)
    expect([isEvening(0), isEvening(1), isEvening(2), isEvening(hlsLimits.balancedMax)]).toEqual([
      true,
      false,
      true,
      true,
    ])
  })
})

test('a decider is busy while a window of ten seconds has more questions than its bound, a third of it once players ask less often', () => {
  let nowMs = 0
  const meter = new BusyMeter(() => nowMs)
  const bound = hlsLimits.steeringPerSecondMax * 10
  /** the questions of a window, and one that begins the next */
  const window = (count: number, ms = 10_000) => {
    for (let i = 1; i < count; i++) meter.count()
    nowMs += ms
    meter.count()
    return meter.isBusy
  }
  expect(meter.isBusy).toBe(false)
  meter.count()
  expect(window(bound)).toBe(false)
  expect(window(2 * bound, 9999)).toBe(false) // the window is not over
  nowMs += 1
  meter.count()
  expect(meter.isBusy).toBe(true)
  const calm = (bound * hlsLimits.ttlSeconds) / hlsLimits.calmTtlSeconds
  expect(window(Math.floor(calm) + 1)).toBe(true)
  expect(window(Math.floor(calm))).toBe(false)
  expect(window(bound + 1)).toBe(true)
})
