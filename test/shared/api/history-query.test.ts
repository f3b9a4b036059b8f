import { describe, expect, test } from 'vitest'
import { parseHistoryQuery, parsePlaysQuery } from '../../../shared/api/history-query.ts'

const nowS = Date.UTC(2026, 10, 25, 12) / 1000
const parse = (query: string) => parseHistoryQuery(new URLSearchParams(query), nowS)
const day = 86_400

describe('a question about the history', () => {
  test('is about everything in the last day, by minutes, unless it says otherwise', () => {
    expect(parse('')).toEqual({ mount: undefined, server: undefined, from: nowS - day, to: nowS, step: 60 })
  })

  test.each([
    ['from=2026-11-25&to=2026-11-26', nowS - day / 2, nowS + day / 2],
    ['from=2026-11-25T10:00Z&to=2026-11-25T14:00+02:00', nowS - 7200, nowS],
    ['from=2026-11-25T10:00:00.5Z', nowS - 7199.5, nowS],
    [`from=${nowS - 60}`, nowS - 60, nowS],
    ['to=2026-11-24', nowS - 2.5 * day, nowS - 1.5 * day],
    [`from=${nowS}`, nowS, nowS + day],
    ['from=2026-11-26', nowS + day / 2, nowS + 1.5 * day],
    ['from=&to=&mount=&server=&step=', nowS - day, nowS],
  ])('%s', (query, from, to) => {
    expect(parse(query)).toMatchObject({ from, to })
  })

  test.each([
    ['step=900', 900],
    ['step=15m', 900],
    ['step=6h', 21_600],
    ['step=7d', 604_800],
    ['from=2026-11-18', 3600],
    ['from=2026-08-01', 21_600],
    ['from=2025-11-25', 21_600],
    ['from=2025-11-01', day],
    ['from=1971-01-01', 14 * day],
    [`from=${nowS - 1500 * 60}`, 60],
    [`from=${nowS - 1500 * 60 - 1}`, 300],
    [`from=${nowS - 2 * day - 60}`, 300],
    [`from=${nowS - 2 * day - 61}`, 3600],
    [`from=${nowS - 10_000 * 60}&step=60`, 60],
    ['step=60m', 3600],
  ])('%s has a step of %i s: minutes are kept for two days, and a chart has 1,500 points', (query, step) => {
    expect(parse(query)).toMatchObject({ step })
  })

  test.each([
    ['mount=live', 'mount is "live", expected a mount, such as /live.mp3'],
    ['mount=/a//b', 'mount is "/a//b", expected a mount'],
    ['server=a b', 'server is "a b", expected 1 to 128'],
    ['server=a&mount=/a', 'mount and server are both given'],
    ['from=yesterday', 'from is "yesterday", expected a date, such as'],
    ['from=2026-02-30T25:00Z', 'from is'],
    ['from=2026-02-31', 'from is "2026-02-31", expected a date'],
    ['to=2025-02-29T00:00:00Z', 'to is "2025-02-29T00:00:00Z", expected a date'],
    ['to=-1', 'to is "-1", expected a date'],
    ['from=2026-11-25&to=2026-11-25', 'from is 2026-11-25T00:00:00.000Z, expected a time before to'],
    ['step=90', 'step is "90", expected whole minutes'],
    ['step=90m', 'step is 5400 s, expected whole hours, or less'],
    ['from=2026-11-25+10:00', 'from is "2026-11-25 10:00", expected a date'],
    ['from=2026-11-25+10:00+PM', 'from is "2026-11-25 10:00 PM", expected a date'],
    ['step=60x', 'step is "60x", expected whole minutes'],
    ['step=060', 'step is "060", expected whole minutes'],
    ['step=0', 'step is "0", expected whole minutes'],
    ['from=2025-11-25&step=1m', 'a step of 60 s is more than 10000 rows'],
    ['mount=/a&mount=/b', 'mount is given twice'],
    ['limit=3', 'limit is not known, expected mount, server, from, to or step'],
  ])('%s is answered with what is wrong', (query, text) => {
    expect(parse(query)).toContain(text)
  })

  test('what is wrong is quoted by its beginning', () => {
    expect(parse(`from=${'x'.repeat(1000)}`)).toMatch(/^from is "x{100}", expected a date/)
    expect(parse(`${'x'.repeat(1000)}=1`)).toMatch(/^x{40} is not known, expected mount/)
  })

  test('a mount with any characters is the one of that name', () => {
    for (const mount of ['/ü.mp3', '/a b', '/100%', '/a?b#c'])
      expect(parse(`mount=${encodeURIComponent(mount)}`)).toMatchObject({ mount })
  })

  test('about plays has neither a server nor a step', () => {
    const plays = (query: string) => parsePlaysQuery(new URLSearchParams(query), nowS)
    expect(plays('mount=/a')).toEqual({ mount: '/a', from: nowS - day, to: nowS })
    expect(plays('server=a')).toBe('server is given; expected mount, from or to')
    expect(plays('step=1h')).toBe('step is given; expected mount, from or to')
    expect(plays('mount=live')).toMatch(/^mount is "live", expected a mount/)
    expect(plays('from=2026-11-25&to=2026-11-24')).toMatch(
      /^from is 2026-11-25T00:00:00\.000Z, expected a time before/,
    )
  })
})
