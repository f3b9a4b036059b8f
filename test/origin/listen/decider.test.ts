import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { logged } from '../../kit/base/log-records.ts'
import { decidingMaster as master } from '../../kit/parts/deciding-master.ts'
import { mountOf, mountReport } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')

/** Dice that give these numbers in turn. */
const dice = (...rolls: number[]) => {
  let i = 0
  return () => rolls[i++ % rolls.length] ?? 0
}
const rolls = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n)

describe('a deciding master', () => {
  test('S2: it selects a slave or itself, in proportion to their free slots', async () => {
    const { report, get } = master('', dice(...rolls(400)))
    expect((await report({ maxListeners: 300 })).status).toBe(200)
    const placed = Array.from({ length: 400 }, () => get({ head: true }))
    const sent = placed.filter((each) => 'location' in each)
    expect(sent.length).toBe(300)
    expect(placed.filter((each) => 'serve' in each && each.serve).length).toBe(100)
  })

  test('S10: hearing no slave any more, it sends listeners to them by their last reports for ten minutes', async () => {
    const { time, report, get, servers, decider } = master('', () => 0.99)
    for (const id of ['s1', 's2']) await report({ id, maxListeners: 10_000 })
    const goesTo = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await time.pass(1000)
        decider.look()
      }
      return get()
    }
    expect(await goesTo(60)).toMatchObject({ status: 302 })
    expect((await servers()).map(({ out }) => out)).toEqual([null, null, null])
    expect(await goesTo(9 * 60)).toMatchObject({ status: 302 })
    expect(await goesTo(60), 'only the master itself is left').toMatchObject({ serve: true })
  })

  test('S10: of two slaves the dead one leaves at its deadline while the other reports', async () => {
    const { time, report, servers, decider } = master()
    await report({ id: 'dead' })
    for (let i = 0; i < 4; i++) {
      await report({ id: 's1' })
      await time.pass(10_000)
      decider.look()
    }
    const out = new Map((await servers()).map((server) => [server.id, server.out]))
    expect([out.get('dead'), out.get('s1')]).toEqual(['stale', null])
  })

  test('S2: an IPv6 listener is served by a master whose own address is IPv4: it has just reached it', async () => {
    const { report, get } = master('--public-url http://192.0.2.9:8000', dice(...rolls(400)))
    await report({ maxListeners: 300, urls: ['http://[2001:db8::7]:8000'] })
    const placed = Array.from({ length: 400 }, () => get({ head: true, address: '2001:db8::1' }))
    expect(placed.filter((each) => 'location' in each).length).toBe(300)
    expect(placed.filter((each) => 'serve' in each && each.serve).length).toBe(100)
  })

  test('S4: a selected slave appears in the Location, with the query, and never sends back to the master', async () => {
    const { report, get, state } = master('', () => 0.99)
    await report({ maxListeners: 10_000 })
    state.load.listeners = 100
    expect(get({ query: '?a=1' })).toMatchObject({
      status: 302,
      location: 'http://s1.example.org:8000/live.mp3?a=1',
    })
  })

  test('a fallback of its own plays if no server carries the mount or has room on it', async () => {
    const { config, state, get, report, request } = master('', () => 0)
    const backup = mountOf('/backup.mp3')
    const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
    config.mounts.setFallback(live, backup)
    state.mounts.open(backup, info)
    await report({ maxListeners: 0 })
    state.mounts.kill(live, 'its source has gone')
    const heard = () => {
      const placement = get()
      return 'by' in placement ? placement.by?.name : placement
    }
    expect(heard()).toBe('/backup.mp3')
    // drained at its own /api, it accepts no listener
    await request('POST', `/api/servers/${config.id}/drain`, basic('admin', 'a'))
    expect(heard()).toMatchObject({
      status: 403,
      text: 'max listeners reached\r\n/live.mp3 is off air: no master carries it; the server that carries /live.mp3 is full',
    })
  })

  test('it says in its log that a slave is stale and that its own mount has gone, without a listener or a report', async () => {
    const { state, report, decider, time } = master()
    const records = await logged(async () => {
      decider.look()
      await report({ mounts: [] })
      await time.pass(10_000)
      state.mounts.kill(live, 'its source has gone')
      decider.look()
      await time.pass(20_000)
      decider.look()
    })
    const changes = records.filter(({ category }) => category.includes('cluster'))
    expect(changes.map(({ message, properties }) => `${message.join('')} ${properties.server}`)).toEqual([
      'mount up m.example:8000',
      'server joined s1',
      'mount lost m.example:8000',
      'server stale s1',
    ])
  })

  test('a mount that no server carries any more is gone, not full', async () => {
    const { state, get, report } = master('', () => 0)
    await report({ mounts: [] })
    state.mounts.kill(live, 'its source has gone')
    expect(get()).toMatchObject({
      status: 404,
      text: 'The file you requested could not be found\r\n/live.mp3 is off air: no live server carries it, and the last report of it is 0 s old',
    })
  })

  test('its own counts are current, without a debit', async () => {
    const { report, get, state } = master('', () => 0)
    await report({ maxListeners: 0 })
    for (let i = 0; i < 100; i++) {
      expect(get()).toMatchObject({ serve: true })
      state.load.listeners++
      state.load.joins++
    }
    expect(get()).toMatchObject({
      status: 403,
      text: 'max listeners reached\r\nall 2 servers that carry /live.mp3 are full',
    })
    state.load.listeners--
    expect(get()).toMatchObject({ serve: true })
  })

  test('S9: redirects since the last report count against a slave; HEAD and the probe of bytes=0-1 do not', async () => {
    const { report, get, state, free } = master('', () => 0)
    state.load.listeners = 100
    await report({ maxListeners: 2 })
    expect(get({ head: true })).toMatchObject({ status: 302 })
    expect(get({ range: 'bytes=0-1' })).toMatchObject({ status: 302 })
    expect(await free('s1')).toBe(2)
    expect(get()).toMatchObject({ status: 302 })
    expect(await free('s1')).toBe(1)
  })

  test("docs/draw.md#stickiness: a player's probe and its real request reach the same server, others as the dice fall", async () => {
    const { report, get } = master('', dice(...rolls(100)))
    await report({ maxListeners: 100 })
    const userAgent = 'AppleCoreMedia/1.0'
    const isHere = (placement: ReturnType<typeof get>) => 'serve' in placement && placement.serve
    const pairs = Array.from({ length: 100 }, (_, i) => {
      const player = { userAgent, address: `192.0.2.${i}`, head: true }
      return [isHere(get({ ...player, range: 'bytes=0-1' })), isHere(get(player))]
    })
    for (const [probed, asked] of pairs) expect(asked).toBe(probed)
    const here = pairs.filter(([probed]) => probed).length
    expect(here).toBeGreaterThan(25)
    expect(here).toBeLessThan(75)
  })

  test('S10: a slave past its deadline gets no listener', async () => {
    const { report, get, state, time } = master('', () => 0)
    state.load.listeners = 100
    await report({ interval: 10 })
    await time.pass(27_000)
    expect(get()).toMatchObject({ status: 302 })
    await time.pass(1)
    expect(get()).toMatchObject({ status: 403 })
  })

  test('S11: the master serves relays, identified by credentials or by User-Agent', async () => {
    const { report, get } = master('', () => 0.999)
    await report({ maxListeners: 1_000_000 })
    expect(get()).toMatchObject({ status: 302 })
    expect(get({ relayLogin: true })).toMatchObject({ serve: true })
    expect(get({ userAgent: 'Icecast 2.4.4' })).toMatchObject({ serve: true })
  })

  test('a listener sent back by a slave is drawn again without it; x=- is served or refused', async () => {
    const { report, get, state } = master('', () => 0.999)
    await report({ maxListeners: 1_000_000 })
    expect(get({ query: '?x=s1' })).toMatchObject({ serve: true })
    expect(get({ query: '?x=-' })).toMatchObject({ serve: true })
    expect(get({ query: '?x=unknown' })).toMatchObject({
      location: 'http://s1.example.org:8000/live.mp3?x=-',
    })
    state.load.listeners = 100
    expect(get({ query: '?x=s1' })).toMatchObject({ status: 403 })
  })

  test('a mount that no server carries is 404, also without a slave', () => {
    const { get, state } = master()
    state.mounts.kill(live, 'gone')
    expect(get()).toMatchObject({ status: 404 })
  })

  test('when about to stop it serves no new listener, and sends them to its slaves', async () => {
    const { report, get, leaving, decider } = master('', () => 0)
    await report()
    expect(get()).toMatchObject({ serve: true })
    leaving.now = true
    decider.changed()
    expect(get()).toMatchObject({ status: 302 })
  })

  test('drained by its own API it redirects every listener to the slaves', async () => {
    const { report, get, request } = master('', () => 0)
    await report()
    expect(get()).toMatchObject({ serve: true })
    expect((await request('POST', '/api/servers/m.example:8000/drain', basic('admin', 'a'))).status).toBe(204)
    expect(get()).toMatchObject({ status: 302 })
  })

  test('no other server may use its own id', async () => {
    const { report } = master()
    expect((await report({ id: 'm.example:8000' })).status).toBe(409)
  })

  test('it answers reports as an edge does, and names itself as the address to send listeners back to', async () => {
    const { report, request } = master()
    const answer = await report({ mounts: [mountReport('/live.mp3')] })
    expect(await answer.text()).toBe('accepted 1\ninterval 10\nstate up\nedge http://m.example:8000\n')
    expect((await request('POST', '/admin/sourcelist.txt', basic('relay', 'wrong'), 'x')).status).toBe(401)
    expect((await request('POST', '/admin/sourcelist.txt', basic('relay', 'r'), 'x')).status).toBe(400)
    expect((await request('GET', '/api/servers', basic('relay', 'r'))).status).toBe(401)
  })

  test('S1: it knows every slave that mirrors its sources, and itself', async () => {
    const { report, request } = master()
    await report({ id: 's1' })
    await report({ id: 's2', urls: ['http://s2.example.org:8000'] })
    const mounts = await (await request('GET', '/api/mounts', basic('admin', 'a'))).json()
    expect(mounts).toMatchObject([{ mount: '/live.mp3', servers: ['m.example:8000', 's1', 's2'] }])
  })

  test('it is listed among its servers as a master', async () => {
    const { servers } = master()
    expect(await servers()).toMatchObject([
      {
        id: 'm.example:8000',
        role: 'master',
        urls: ['http://m.example:8000'],
        mounts: ['/live.mp3'],
        out: null,
      },
    ])
  })

  test('an icecast-kh slave registers by its request for the stream list', async () => {
    const { request, get, state } = master('', () => 0)
    state.load.listeners = 100
    const path = '/admin/streams?rserver=kh.example&rport=8000&interval=10'
    await request('GET', path, basic('relay', 'wrong'))
    expect(get()).toMatchObject({ status: 403 })
    await request('GET', path, basic('relay', 'r'))
    expect(get()).toMatchObject({ location: 'http://kh.example:8000/live.mp3' })
  })

  test('--data-dir: reports answered with 200 are there after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'decider-'))
    try {
      await master(`--data-dir ${folder}`).report()
      const { get, state } = master(`--data-dir ${folder}`)
      state.load.listeners = 100
      expect(get()).toMatchObject({ location: 'http://s1.example.org:8000/live.mp3' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
