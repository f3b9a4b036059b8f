import { describe, expect, test } from 'vitest'
import { ageText, offAirMs, whyNoServer } from '../../../shared/draw/absence.ts'
import { View } from '../../../shared/draw/view.ts'
import type { Report } from '../../../shared/report/report.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountOf, mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')
const full: Partial<Report> = { maxListeners: 10, listeners: 10 }

/** Why a decider with these servers gives a listener none, at a second. */
function whyAt(s: number, ...servers: ReturnType<typeof serverOf>[]) {
  const view = new View(100)
  for (const server of servers) view.put(server)
  return whyNoServer(view, live, s * 1000)
}

describe('a listener who gets no server is told why:', () => {
  test.each<[string, number, ReturnType<typeof serverOf>[], string]>([
    ['the only server is full', 0, [serverOf('a', full)], 'the server that carries /live.mp3 is full'],
    [
      'all servers are full',
      0,
      [serverOf('a', full), serverOf('b', full)],
      'all 2 servers that carry /live.mp3 are full',
    ],
    [
      'each is out for another reason',
      0,
      [serverOf('a', full), serverOf('b', {}, { drained: true }), serverOf('c', {}, { reachable: false })],
      'no server that carries /live.mp3 can take this listener: 1 full, 1 drained, 1 unreachable',
    ],
    [
      'every server that carried it is stale: off air',
      60,
      [serverOf('a'), serverOf('b')],
      '/live.mp3 is off air: no live server carries it, and the last report of it is 60 s old',
    ],
    [
      'its servers have left: off air',
      5,
      [serverOf('a', { state: 'leaving' })],
      '/live.mp3 is off air: no live server carries it, and the last report of it is 5 s old',
    ],
    [
      'its master has lost the encoder and slaves keep it: off air',
      0,
      [serverOf('m', { role: 'master', mounts: [] }), serverOf('a', full)],
      '/live.mp3 is off air: no master carries it; the server that carries /live.mp3 is full',
    ],
    [
      'a slave of a plain Icecast is full: its master reports nothing, so nothing is said about it',
      0,
      [serverOf('a', full)],
      'the server that carries /live.mp3 is full',
    ],
  ])('%s', (_, s, servers, text) => {
    expect(whyAt(s, ...servers)).toBe(text)
  })

  test('of a hundred servers each is looked at', () => {
    const servers = Array.from({ length: 100 }, (_, i) => serverOf(`s${i}`, full))
    expect(whyAt(0, ...servers)).toBe('all 100 servers that carry /live.mp3 are full')
  })

  test('of very many servers a hundred are asked whether they are masters, so that a refusal costs no more than a redirect', () => {
    const isToldOffAir = (othersBefore: number) => {
      const others = Array.from({ length: othersBefore }, (_, i) => serverOf(`s${i}`, { mounts: [] }))
      const master = serverOf('m', { role: 'master', mounts: [] })
      return whyAt(0, serverOf('full', full), ...others, master).includes('no master carries it')
    }
    expect([0, 98, 99].map(isToldOffAir)).toEqual([true, true, false])
  })

  test('of very many servers a bounded number is looked at', () => {
    const servers = Array.from({ length: 1000 }, (_, i) => serverOf(`s${i}`, full))
    expect(whyAt(0, ...servers)).toBe('every server that carries /live.mp3 is out or full')
  })
})

describe('an edge', () => {
  const gone = edgeOf(
    reportOf('m', { role: 'master' }),
    reportOf('m', { role: 'master', mounts: [] }),
    reportOf('n', { role: 'master', mounts: [{ ...mountReport('/secret.mp3'), about: { hidden: true } }] }),
    reportOf('n', { role: 'master', mounts: [] }),
  )

  test('answers 503 for a mount that has just gone off air, and says so', async () => {
    const answer = await gone.ask('/live.mp3')
    expect(answer.status).toBe(503)
    expect(await answer.text()).toBe(
      '/live.mp3 is off air: no live server carries it, and the last report of it is 0 s old\n',
    )
  })

  test('names it on its page, where nothing else is on air, and not a hidden one', async () => {
    const page = await (await gone.ask('/')).text()
    expect(page).toContain('Off air: /live.mp3 (for 0 s)')
    expect(page).not.toContain('secret')
    expect(page).not.toContain('no server has reported')
  })

  test('says it in the titles of a playlist, which still has its own URL', async () => {
    const playlist = await (await gone.ask('/live.mp3.pls')).text()
    expect(playlist).toContain('File1=http://edge.example/live.mp3')
    expect(playlist).toContain('Title1=/live.mp3 (off air)')
  })

  test('tells a mount that nobody carries from an edge that has heard from no server', async () => {
    expect(await (await gone.ask('/never.mp3')).text()).toBe('no server carries this mount\n')
    const empty = await edgeOf().ask('/never.mp3')
    expect(empty.status).toBe(404)
    expect(await empty.text()).toBe('no server has reported to this edge yet\n')
  })

  test('tells a relay that only slaves carry a mount', async () => {
    const { ask } = edgeOf(reportOf('a'))
    const answer = await ask('/live.mp3', { 'User-Agent': 'Icecast 2.4.4' })
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe(
      'no live master carries this mount, only slaves do: a relay needs a master\n',
    )
  })
})

test('an age is in seconds up to two minutes, then in minutes', () => {
  expect([499, 500, 119_499, 120_000, 149_999, 150_000].map(ageText)).toEqual([
    '0 s',
    '1 s',
    '119 s',
    '2 min',
    '2 min',
    '3 min',
  ])
})

test('a mount is off air since its last report, if it is known and nobody carries it now', () => {
  const view = new View(100)
  view.put(serverOf('a', {}, { receivedAtMs: 5000 }))
  view.put(serverOf('p', { interval: 3600 }, { polled: true, receivedAtMs: 9000 }))
  expect([
    offAirMs(view, live, 32_000),
    offAirMs(view, live, 32_001),
    offAirMs(view, mountOf('/other'), 0),
  ]).toEqual([undefined, 27_001, undefined])
})

test('a polled server without a live master is told as one that has no mounts', () => {
  const view = new View(100)
  view.put(serverOf('a', full))
  view.put(serverOf('p', {}, { polled: true }))
  expect(whyNoServer(view, live, 0)).toContain('1 full, 1 no mounts')
  view.put(serverOf('m', { role: 'master', ...full }))
  expect(whyNoServer(view, live, 0)).toContain('2 full, 1 open, but not for this listener')
})
