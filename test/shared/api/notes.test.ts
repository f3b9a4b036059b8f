import { describe, expect, test } from 'vitest'
import { TlsWatch } from '../../../edge/outreach/tls-watch.ts'
import { acceptPolled, putPolled } from '../../../shared/api/accept-polled.ts'
import type { ServerJson } from '../../../shared/api/json.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { notesOf } from '../../../shared/api/notes.ts'
import { printStreamList } from '../../../shared/api/print-stream-list.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { reportOfStats } from '../../../shared/polled/report.ts'
import { parsePolledServer } from '../../../shared/polled/server.ts'
import { parseStatusJson } from '../../../shared/polled/stats.ts'
import { basic } from '../../kit/audio/source.ts'
import { told } from '../../kit/base/log-records.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountOf, mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

const admin = { Authorization: basic('admin', 'admin-secret') }

describe('listeners by https, servers by http', () => {
  const tls = { urls: ['https://b.example', 'http://b.example:8000'] }
  const notesAt = async (over: { secure?: boolean; base?: string }) => {
    const { ask } = edgeOf(reportOf('a'), reportOf('b', tls))
    const servers = (await (await ask('/api/servers', admin, 'GET', over)).json()) as ServerJson[]
    return servers.map(({ notes }) => notes)
  }

  test('the API of an edge with an https address notes the servers that pages cannot play from', async () => {
    const noted = [[expect.stringMatching(/^it has no https url/)], undefined]
    expect(await notesAt({})).toEqual([undefined, undefined])
    expect(await notesAt({ secure: true })).toEqual(noted)
    expect(await notesAt({ base: 'https://edge.example' })).toEqual(noted)
  })

  test('one listener by https is enough for the note, and the control room has it', async () => {
    const { ask } = edgeOf(reportOf('a'))
    const page = async () => (await ask('/api/cluster', admin)).text()
    expect(await page()).not.toContain('it has no https url')
    expect((await ask('/live.mp3', {}, 'GET', { secure: true })).status).toBe(302)
    expect(await page()).toContain('it has no https url')
  })

  test('the log has it once for each server, and again after the server had an https url', async () => {
    const watch = new TlsWatch()
    const servers = (...urls: string[]) => new Map([['a', serverOf('a', { urls })]])
    const lines = await told(() => {
      for (let i = 0; i < 5; i++) watch.look(servers('http://a.example'))
      watch.look(servers('http://a.example', 'https://a.example'))
      for (let i = 0; i < 5; i++) watch.look(servers('http://a.example'))
    })
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ id: 'a', message: expect.stringContaining('has no https url') })
  })
})

describe('a fleet of stock Icecasts alone', () => {
  const body = (id: string, role: string) =>
    JSON.stringify({ id, url: `http://${id}.example:8000`, maxListeners: 100, role })
  const icestats = { source: { listenurl: 'http://x/live.mp3', server_type: 'audio/mpeg', listeners: 1 } }
  const stats = parseStatusJson(JSON.stringify({ icestats }))
  function fleet(...named: [id: string, role: string][]) {
    const registry = new Registry(undefined, 100, 0)
    for (const [id, role] of named) {
      acceptPolled(registry, body(id, role), 0)
      putPolled(registry, reportOfStats(parsePolledServer(body(id, role)), stats), 0)
    }
    const ask = (relay: boolean, nowMs = 0) =>
      decide(registry.view, { mount: mountOf('/live.mp3'), secure: false, relay }, nowMs, () => 0.999, {
        httpsOnly: false,
      })
    return { registry, ask }
  }

  test('is usable once the one that sources connect to is named with role master', () => {
    const { registry, ask } = fleet(['m', 'master'], ['s', 'slave'])
    expect(ask(false)).toMatchObject({ url: 'http://s.example:8000/live.mp3' })
    expect(ask(true)).toMatchObject({ url: 'http://m.example:8000/live.mp3' })
    expect(serversJson(registry.view, 0)).toMatchObject([
      { id: 'm', role: 'master', out: null, mounts: ['/live.mp3'] },
      { id: 's', role: 'slave', out: null, mounts: ['/live.mp3'] },
    ])
    expect(printStreamList(registry.view, 0, true)).toBe('http://m.example:8000/live.mp3\r\n')
  })

  test('without a master each server is out, and its note says what is missing', () => {
    const { registry, ask } = fleet(['s', 'slave'])
    expect(ask(false)).toBe('unknown mount')
    expect(serversJson(registry.view, 0)).toMatchObject([
      {
        out: 'no mounts',
        notes: [expect.stringMatching(/^no live master carries \/live\.mp3: .*"role": "master"/)],
      },
    ])
  })

  test('the mounts of a stale master are remembered for a while', () => {
    const { ask } = fleet(['m', 'master'], ['s', 'slave'])
    expect(ask(false, 60_000)).toBe('no room')
    expect(ask(false, 400_000)).toBe('unknown mount')
  })
})

test('the note about an unreachable server has its url and the reason', () => {
  const registry = new Registry(undefined, 100, 0)
  acceptPolled(registry, '{"id":"s","url":"http://s.example","maxListeners":5,"role":"master"}', 0)
  registry.setProbed('s', { url: 'http://s.example', problem: 'connection refused' })
  expect(serversJson(registry.view, 0)).toMatchObject([
    { out: 'unreachable', notes: ['the edge cannot reach http://s.example (connection refused)'] },
  ])
})

describe('the notes about a server', () => {
  const nothing = { out: null, isHttps: false, isHeld: false }

  test('say that it is unreachable where that keeps it out, and not where something else does', () => {
    const server = serverOf('a', {}, { unreached: { url: 'http://a.example', problem: 'timed out' } })
    expect(notesOf(server, { ...nothing, out: 'unreachable' })).toEqual([
      'the edge cannot reach http://a.example (timed out)',
    ])
    expect(notesOf(server, { ...nothing, out: 'drained' })).toEqual([])
    expect(notesOf(serverOf('a'), { ...nothing, out: 'unreachable' })).toEqual([])
  })

  test('say that its report is too old where it gets listeners all the same', () => {
    expect(notesOf(serverOf('a'), { ...nothing, isHeld: true })).toEqual([
      expect.stringMatching(/^its last report is too old; it gets listeners all the same/),
    ])
  })

  test('name at most three others that report its url', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(notesOf(serverOf('b'), { ...nothing, sharedUrl: { url: 'http://x', ids } })).toEqual([
      expect.stringMatching(/^a, c, d reports its url http:\/\/x too/),
    ])
  })

  test.each([
    [{}, { carriesAll: true }, /^it carries the mounts of live masters, and there is no live master$/],
    [{ mounts: [] }, {}, /^its report names no mount$/],
    [
      { mounts: [] },
      { polled: true },
      /^its stats have not been read yet, or name no mount with a source: see the log$/,
    ],
    [
      { mounts: ['/a', '/b', '/c', '/d'].map((path) => mountReport(path)) },
      { polled: true },
      /^no live master carries \/a, \/b, \/c: have a master report/,
    ],
  ])('say why one with %j, %j has no mounts', (over, held, note) => {
    expect(notesOf(serverOf('a', over, held), { ...nothing, out: 'no mounts' })).toEqual([
      expect.stringMatching(note),
    ])
  })
})
