import { describe, expect, test } from 'vitest'
import { liveMounts, momentOf } from '../../../shared/draw/moment.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { wholeOf } from '../../../shared/http/slices.ts'
import { limits } from '../../../shared/limits.ts'
import type { Report } from '../../../shared/report/report.ts'
import { live, viewOf } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, serverOf } from '../../kit/parts/reports.ts'

const master = (id: string, over: Partial<Report> = {}, held: Partial<Server> = {}) =>
  serverOf(id, { role: 'master', ...over }, held)
const saying = (about: object, over: object = {}) => ({
  mounts: [mountReport('/live.mp3', { about, ...over })],
})
const drawn = (view: View, secure = false, nowMs = 0) =>
  view.draw({ mount: live, secure }, nowMs, () => 0.5)?.server.report.id

describe('a view', () => {
  test('knows whether anybody came by https', () => {
    const view = viewOf(serverOf('a'))
    drawn(view)
    expect(view.isAskedByHttps).toBe(false)
    drawn(view, true)
    expect(view.isAskedByHttps).toBe(true)
  })

  test('tells of servers that come, change and go, and of deadlines that have moved', () => {
    const view = new View(100)
    const told: (string | undefined)[] = []
    view.onChange = (id) => told.push(id)
    view.put(serverOf('a'))
    view.put(serverOf('a'))
    view.deadlinesMoved()
    view.remove('a')
    view.remove('a')
    expect(told).toEqual(['a', 'a', undefined, 'a'])
  })

  test('has a server in every mount for as long as it carries all', () => {
    const view = viewOf(master('m', { maxListeners: 0 }))
    const kh = (carriesAll: boolean) => serverOf('kh', { mounts: [] }, { carriesAll })
    view.put(kh(true))
    expect(drawn(view)).toBe('kh')
    view.put(kh(false))
    expect(drawn(view)).toBeUndefined()
    view.put(kh(true))
    view.remove('kh')
    expect(drawn(view)).toBeUndefined()
  })

  test('sees that a server reports now that was polled, or is a slave that was a master', () => {
    const view = viewOf(serverOf('a', {}, { polled: true }))
    expect(drawn(view), 'no master carries it').toBeUndefined()
    const mounts = view.servers.get('a')?.report.mounts ?? []
    view.put(serverOf('a', { mounts }))
    expect(drawn(view)).toBe('a')
    view.put(serverOf('a', { mounts, role: 'master' }))
    expect(view.master(live, 0)?.report.id).toBe('a')
    view.put(serverOf('a', { mounts }))
    expect(view.master(live, 0)).toBeUndefined()
  })

  test('names the masters of a mount that are live, by id', () => {
    const view = viewOf(
      master('m2'),
      master('m1', {}, { receivedAtMs: 50_000 }),
      master('m3', { state: 'leaving' }),
      serverOf('s'),
    )
    const ids = (nowMs: number) => view.masters(live, nowMs).map(({ report }) => report.id)
    expect([ids(0), ids(60_000), view.masters(mountOf('/other'), 0)]).toEqual([['m1', 'm2'], ['m1'], []])
    expect([view.master(live, 0)?.report.id, view.master(live, 60_000)?.report.id]).toEqual(['m1', 'm1'])
  })

  test('has what the first master says of a mount, else what a polled server does', () => {
    const view = viewOf(
      serverOf('p2', saying({ title: 'p2' }), { polled: true }),
      serverOf('p1', saying({ title: 'p1' }), { polled: true }),
    )
    expect([view.about(live, 0)?.title, view.saidByMaster(live, 0)]).toEqual(['p1', undefined])
    view.put(serverOf('s', saying({ title: 's' })))
    view.put(master('m', saying({ title: 'm' })))
    expect([view.about(live, 0)?.title, view.saidByMaster(live, 0)?.title]).toEqual(['m', 'm'])
    expect([view.about(mountOf('/other'), 0), view.saidByMaster(mountOf('/other'), 0)]).toEqual([
      undefined,
      undefined,
    ])
  })

  test('knows what a listener takes of a line only where a server says what that carries', () => {
    const at = (over: Partial<Report>) => {
      const server = serverOf('a', { mounts: [mountReport('/live.mp3', { kbps: 64 })], ...over })
      return viewOf(server).kbpsAt(live, server)
    }
    expect([
      at({ maxBandwidth: 1000, bandwidth: 0 }),
      at({ maxBandwidth: 1000 }),
      at({ bandwidth: 0 }),
      at({}),
    ]).toEqual([64, 0, 0, 0])
  })

  test('forgets a mount that nobody carries after five minutes, and not while somebody does', () => {
    const view = viewOf(serverOf('a'), serverOf('b', { mounts: [mountReport('/other.mp3')], interval: 3600 }))
    view.put(serverOf('a', { mounts: [] }, { receivedAtMs: 1000 }))
    view.prune(limits.mountMemoryMs)
    expect([...view.mounts.keys()]).toEqual(['/live.mp3', '/other.mp3'])
    view.prune(limits.mountMemoryMs + 1)
    expect([...view.mounts.keys()]).toEqual(['/other.mp3'])
    view.put(serverOf('a', {}, { receivedAtMs: 400_000 }))
    expect(drawn(view, false, 400_000)).toBe('a')
  })
})

describe('the peak of a mount', () => {
  const peakOf = (view: View) => view.mounts.get(live)?.listenerPeak
  const stream = (since: string, listeners: number) => saying({ since }, { listeners })

  test('is over all servers, and begins again as a master says that the stream is another', () => {
    const view = viewOf(master('m', stream('1', 3)), serverOf('s', saying({}, { listeners: 4 })))
    expect(peakOf(view)).toBe(7)
    view.put(master('m', stream('1', 1)))
    expect(peakOf(view)).toBe(7)
    view.put(serverOf('s', saying({ since: '9' }, { listeners: 2 })))
    expect(peakOf(view), 'a slave says nothing of it').toBe(7)
    view.put(master('m', stream('2', 1)))
    expect(peakOf(view)).toBe(3)
    view.put(master('m', { mounts: [] }))
    view.put(master('m2', stream('2', 0)))
    expect(peakOf(view), 'the first master after there was none').toBe(2)
  })
})

describe('the sums of a mount', () => {
  const counts = (view: View, nowMs: number) => view.onAir(live, nowMs)?.listeners
  const with7 = (id: string, receivedAtMs: number, held: Partial<Server> = {}) =>
    serverOf(id, saying({}, { listeners: 7 }), { receivedAtMs, ...held })

  test('lose each server at its own deadline', () => {
    const view = viewOf(with7('a', 0), with7('b', 5000), with7('c', 9000))
    expect([27_000, 27_001, 32_000, 32_001, 36_000, 36_001].map((nowMs) => counts(view, nowMs))).toEqual([
      21,
      14,
      14,
      7,
      7,
      undefined,
    ])
  })

  test('follow deadlines that were moved in place', () => {
    const view = viewOf(with7('a', 0, { heldUntilMs: 90_000 }), with7('b', 0, { heldUntilMs: 90_000 }))
    expect(counts(view, 80_000)).toBe(14)
    const server = view.servers.get('a')
    if (server) server.heldUntilMs = 60_000
    view.deadlinesMoved()
    expect(counts(view, 80_000)).toBe(7)
  })
})

describe('a moment', () => {
  const known = (view: View, nowMs = 0) => {
    const moment = momentOf(view, nowMs)
    return { mount: moment.mounts[0], live: wholeOf(liveMounts(moment)).get(live) }
  }

  test('says whether a mount is on air, off air or forgotten, and whether it has a master', () => {
    const facts = (view: View, nowMs: number) => {
      const { mount } = known(view, nowMs)
      return [mount?.onAir !== undefined, mount?.isOffAir, mount?.hasMaster]
    }
    expect(facts(viewOf(serverOf('a')), 0)).toEqual([true, false, false])
    expect(facts(viewOf(master('m')), 0)).toEqual([true, false, true])
    expect(facts(viewOf(master('m')), 60_000)).toEqual([false, true, false])
    expect(facts(viewOf(master('m')), 600_000)).toEqual([false, false, false])
  })

  test('counts as work each mount of each server, and each of those that follow the masters', () => {
    const followers = ['p1', 'p2', 'p3'].map((id) => serverOf(id, {}, { polled: true }))
    const two = { mounts: [mountReport('/live.mp3'), mountReport('/other.mp3')] }
    const work = [...liveMounts(momentOf(viewOf(master('m', two), ...followers), 0))]
    expect(work).toEqual([2, 1, 1, 1, 3, 0])
  })

  test('has those that carry everything with a mount of a live master alone, and of these the words of the first', () => {
    const kh = serverOf('kh', { mounts: [] }, { carriesAll: true })
    const polled = serverOf('p', saying({ title: 'p' }), { polled: true })
    expect(known(viewOf(kh, serverOf('s'))).live).toMatchObject({
      everywhere: [],
      about: undefined,
      master: undefined,
    })
    const led = known(
      viewOf(kh, polled, master('m2', saying({ title: 'm2' })), master('m1', saying({ title: 'm1' }))),
    ).live
    expect([led?.everywhere, led?.about?.title, led?.master?.report.id]).toEqual([['kh'], 'm1', 'm1'])
    const quiet = known(viewOf(polled, serverOf('p0', {}, { polled: true }), master('m'))).live
    expect([quiet?.about?.title, quiet?.live.size]).toEqual(['p', 3])
    const lacksWords = serverOf('o', {}, { polled: true })
    expect(known(viewOf(polled, lacksWords, master('m'))).live?.about?.title).toBe('p')
    const unled = momentOf(viewOf(polled), 0)
    expect(wholeOf(liveMounts(unled)).size, 'no master carries it').toBe(0)
  })
})
