import { describe, expect, test } from 'vitest'
import {
  followsMasters,
  freeOfServer,
  isHeld,
  leftAfterDebit,
  leftOfServer,
  ownDeadlineMs,
  serves,
} from '../../../shared/draw/server.ts'
import { mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

describe('a country rule', () => {
  const rule = (allow: boolean) => reportOf('a', { countries: { allow, codes: ['DE', 'AT'] } })
  const served = (report: ReturnType<typeof reportOf>) =>
    (['DE', 'AT', 'FR', undefined] as const).filter((country) => serves(report, country))

  test('serves those that it lists, or all but those; who is nowhere known is served unless it lists whom to serve', () => {
    expect(served(reportOf('a'))).toEqual(['DE', 'AT', 'FR', undefined])
    expect(served(rule(true))).toEqual(['DE', 'AT'])
    expect(served(rule(false))).toEqual(['FR', undefined])
  })
})

test('only a polled slave follows masters', () => {
  const follows = (role: 'slave' | 'master', polled: boolean) =>
    followsMasters(serverOf('a', { role }, { polled }))
  expect([
    follows('slave', true),
    follows('master', true),
    follows('slave', false),
    follows('master', false),
  ]).toEqual([true, false, false, false])
})

test('a server that leaves is not held', () => {
  const held = { heldUntilMs: 100_000 }
  const atMs = ownDeadlineMs(serverOf('a')) + 1
  expect(isHeld(serverOf('a', {}, held), atMs)).toBe(true)
  expect(isHeld(serverOf('a', { state: 'leaving' }, held), atMs)).toBe(false)
})

describe('what redirects leave of a server', () => {
  const line = { maxListeners: 100, maxBandwidth: 10_000, bandwidth: 0 }

  test('is less by what they take of its line, for as many deciders as send it listeners', () => {
    const left = (debitKbps: number, factor: number) =>
      leftAfterDebit(serverOf('a', line, { debitKbps, factor }), 100, 50)
    expect([left(0, 1), left(1000, 1), left(1000, 4), left(1000, 20)]).toEqual([50, 45, 30, 0])
    // without a line that is known nothing of it is taken
    expect(leftAfterDebit(serverOf('a', {}, { debitKbps: 1000 }), 100, 50)).toBe(50)
  })

  test('is that of the mount that has most of it', () => {
    const mounts = [
      mountReport('/few', { max: 3 }),
      mountReport('/cd', { kbps: 1000 }),
      mountReport('/talk', { kbps: 200 }),
    ]
    const server = serverOf('a', { ...line, mounts }, { debit: 20, debitKbps: 4000 })
    expect([freeOfServer(server, 50), leftOfServer(server, 50)]).toEqual([50, 30])
    const full = serverOf('a', { ...line, listeners: 100, mounts })
    expect([freeOfServer(full, 50), leftOfServer(full, 50)]).toEqual([0, 0])
    const everywhere = serverOf('kh', { maxListeners: undefined, mounts: [] }, { carriesAll: true, debit: 7 })
    expect([freeOfServer(everywhere, 50), leftOfServer(everywhere, 50)]).toEqual([50, 43])
  })
})
