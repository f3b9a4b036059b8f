import { describe, expect, test } from 'vitest'
import { type HlsSession, HlsSessions } from '../../../origin/hls/sessions.ts'
import { Load } from '../../../origin/load.ts'
import { ActiveMount } from '../../../origin/mount/mount.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'

const live = mountOf('/live.mp3')
const target = 4
const lifeMs = hlsLimits.sessionTargets * target * 1000

function server(maxListeners = 1000) {
  const time = new ManualTime()
  const load = new Load(time.nowMs)
  const ended: { key: string; bytes: number; ms: number }[] = []
  const left: number[] = []
  let id = 0
  const sessions = new HlsSessions({
    load,
    nowMs: time.nowMs,
    timers: time,
    nextId: () => ++id,
    maxListeners: () => maxListeners,
    onEnd: ({ path, bytes, beganAtMs }: HlsSession) =>
      ended.push({ key: path, bytes, ms: time.nowMs() - beganAtMs }),
  })
  const accept = (key: string, address = '192.0.2.1', deadlineMs?: number) =>
    sessions.accept(
      key,
      {
        mount: live,
        address,
        userAgent: 'player',
        referer: undefined,
        user: undefined,
        path: key,
        version: '1.1',
        deadlineMs,
        leave: (ms) => left.push(ms),
      },
      target,
    )
  return { time, load, sessions, accept, ended, left }
}

describe('a session', () => {
  test('is a listener from its first segment until it has fetched none for three target durations', async () => {
    const { time, load, sessions, accept, ended, left } = server()
    const session = accept('a')
    sessions.fetched(session, 700, target, false)
    expect([load.listeners, load.joins, sessions.listeners(live)]).toEqual([0, 0, 0])
    await time.pass(2000)
    for (let i = 0; i < 5; i++) {
      sessions.fetched(session, 64_000, target, true)
      expect([load.listeners, load.joins, sessions.listeners(live), sessions.joins(live)]).toEqual([
        1, 1, 1, 1,
      ])
      await time.pass(4000)
    }
    await time.pass(lifeMs - 4001)
    expect(load.listeners).toBe(1)
    await time.pass(1001)
    expect([load.listeners, load.joins, sessions.size]).toEqual([0, 1, 0])
    expect(ended.map(({ key, bytes }) => [key, bytes])).toEqual([['a', 320_700]])
    expect(left.length).toBe(1)
    expect(load.bytesSent).toBe(320_700)
  })

  test('that reads playlists alone is not a listener, and none is logged', async () => {
    const { time, load, sessions, accept, ended, left } = server()
    const session = accept('a')
    for (let i = 0; i < 10; i++) {
      sessions.fetched(session, 700, target, false)
      await time.pass(4000)
    }
    await time.pass(lifeMs + 1000)
    expect([load.joins, sessions.size, ended, left]).toEqual([0, 0, [], [0]])
  })

  test('that pauses, and goes on to read the playlist, has left; when it comes back, that is another visit', async () => {
    const { time, load, sessions, accept, ended } = server()
    sessions.fetched(accept('a'), 10, target, true)
    for (let i = 0; i < 5; i++) {
      await time.pass(3000)
      const known = sessions.get('a')
      if (known) sessions.fetched(known, 1, target, false)
    }
    expect([load.listeners, sessions.get('a')]).toEqual([0, undefined])
    sessions.fetched(accept('a'), 10, target, true)
    await time.pass(lifeMs + 1000)
    expect([load.joins, ended.length]).toEqual([2, 2])
  })

  test('ends at its deadline', async () => {
    const { time, load, sessions, accept } = server()
    const session = accept('a', '192.0.2.1', 8000)
    for (let i = 0; i < 4; i++) {
      sessions.fetched(session, 10, target, true)
      await time.pass(2000)
    }
    await time.pass(1000)
    expect([load.listeners, sessions.size]).toEqual([0, 0])
  })

  test('that the admin removes is refused for a while, and counts no more', async () => {
    const { time, load, sessions, accept, ended } = server()
    const session = accept('a')
    sessions.fetched(session, 10, target, true)
    expect(sessions.kill(mountOf('/other.mp3'), session.id)).toBe(false)
    expect(sessions.kill(live, session.id)).toBe(true)
    expect([load.listeners, ended.length, sessions.isKilled('a'), sessions.isKilled('b')]).toEqual([
      0,
      1,
      true,
      false,
    ])
    expect(sessions.kill(live, session.id)).toBe(false)
    await time.pass(hlsLimits.killedMs)
    expect(sessions.isKilled('a')).toBe(false)
  })

  test('of a request that was under way when it ended counts nothing more', async () => {
    const { load, sessions, accept, ended } = server()
    const session = accept('a')
    sessions.fetched(session, 10, target, true)
    sessions.endAll()
    sessions.fetched(session, 10, target, true)
    expect([load.listeners, sessions.listeners(live), ended.length]).toEqual([0, 0, 1])
  })
})

test('the listeners by HLS of a mount are in its peak, its joins and its bytes, and a later source begins at none', () => {
  const { accept, sessions, load, time } = server()
  const deps = {
    config: { limits: limitsWith({}) },
    settings: settingsOf({}).of,
    load,
    nowMs: time.nowMs,
    timers: time,
    nextId: () => 1,
    sessions,
  }
  const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
  const mount = new ActiveMount(live, info, deps)
  const session = accept('a')
  sessions.fetched(session, 700, target, true)
  mount.noteListeners()
  sessions.endAll()
  expect([mount.listeners, mount.listenerPeak, mount.joins, mount.bytesSent]).toEqual([0, 1, 1, 700])
  const next = new ActiveMount(live, info, deps)
  expect([next.listeners, next.listenerPeak, next.joins, next.bytesSent]).toEqual([0, 0, 0, 0])
})

describe('the sessions of one address', () => {
  test('are a quarter of the listeners that the server has room for, and another address has its own', () => {
    const { sessions, accept } = server(1000)
    let accepted = 0
    for (let i = 0; i < 10_000; i++) if (sessions.hasRoomFor('192.0.2.1')) accepted += accept(`${i}`) ? 1 : 0
    expect(accepted).toBe(1000 * hlsLimits.addressShare)
    expect(sessions.hasRoomFor('192.0.2.2')).toBe(true)
  })

  test('are sixteen at least, and free their room when they end', async () => {
    const { time, sessions, accept } = server(10)
    for (let i = 0; i < hlsLimits.addressSessionsMin; i++) {
      expect(sessions.hasRoomFor('192.0.2.1')).toBe(true)
      accept(`${i}`)
    }
    expect(sessions.hasRoomFor('192.0.2.1')).toBe(false)
    await time.pass(lifeMs + 1000)
    expect(sessions.hasRoomFor('192.0.2.1')).toBe(true)
  })

  test('never exceed the share, however long one address invents new ones, and each place is held for three target durations', async () => {
    const { time, sessions, accept } = server(100)
    const share = 100 * hlsLimits.addressShare
    let accepted = 0
    for (let i = 0; i < 1000; i++) {
      for (let j = 0; j < 50 && sessions.hasRoomFor('192.0.2.1'); j++) {
        sessions.fetched(accept(`${i} ${j}`), 700, target, false)
        accepted++
      }
      expect(sessions.size).toBeLessThanOrEqual(share)
      expect(accepted).toBeLessThanOrEqual(share * (1 + Math.floor(time.nowMs() / lifeMs)))
      await time.pass(100)
    }
    expect(accepted).toBeGreaterThan(share)
  })

  test('are those of a whole /64 of IPv6, which one client has, and another network has its own', () => {
    const { sessions, accept } = server(1000)
    let accepted = 0
    for (let i = 1; i <= 1000; i++) {
      const address = `2001:db8:0:1::${i.toString(16)}`
      if (sessions.hasRoomFor(address)) accepted += accept(`${i}`, address) ? 1 : 0
    }
    expect(accepted).toBe(1000 * hlsLimits.addressShare)
    expect(sessions.hasRoomFor('2001:db8:0:2::1')).toBe(true)
    sessions.endAll()
    expect(sessions.hasRoomFor('2001:db8:0:1::ffff')).toBe(true)
  })
})
