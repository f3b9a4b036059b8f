import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { audioInfoStats } from '../../../origin/stats/audio-info.ts'
import { printEvents } from '../../../origin/stats/events.ts'
import { type FeedSocket, StatsFeeds } from '../../../origin/stats/feed.ts'
import { publicStatsJson, statusJson } from '../../../origin/stats/status-json.ts'
import { statsTree } from '../../../origin/stats/tree.ts'
import { anyText } from '../../kit/base/any-text.ts'
import { originInMemory } from '../../kit/parts/origin-app.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { fixture } from '../../kit/process/fixtures.ts'

const live = mountOf('/live.mp3')
const treeOf = (
  server: Record<string, string | number>,
  mounts: Record<string, Record<string, string | number>>,
) => ({
  server,
  mounts: new Map(Object.entries(mounts).map(([name, stats]) => [mountOf(name), stats])),
})

describe('the stats of a mount', () => {
  const told = {
    'ice-name': 'Name',
    'ice-genre': 'rock',
    'ice-description': 'D',
    'ice-url': 'http://u.example/',
    'ice-bitrate': '128',
    'ice-public': '1',
    'ice-audio-info': 'ice-samplerate=44100;ice-bitrate=128;ice-channels=2;quality=0%2e4',
    'user-agent': 'enc/1',
  }

  test('Icecast 2.4: are those of its source, with the same keys, sorted by their bytes', () => {
    const { open, stats } = originInMemory()
    open('/live.mp3', told)
    const own = statsTree(stats).mounts.get(live)
    expect(own).toMatchObject({
      audio_info: told['ice-audio-info'],
      'ice-samplerate': 44_100,
      'ice-channels': 2,
      'ice-bitrate': 128,
      quality: '0.4',
      bitrate: 128,
      genre: 'rock',
      listenurl: 'http://radio.example:8000/live.mp3',
      max_listeners: 'unlimited',
      public: 1,
      server_description: 'D',
      server_name: 'Name',
      server_type: 'audio/mpeg',
      server_url: 'http://u.example/',
      source_ip: '192.0.2.9',
      user_agent: 'enc/1',
      stream_start: 'Thu, 01 Jan 1970 00:00:00 +0000',
      stream_start_iso8601: '1970-01-01T00:00:00+0000',
    })
    const names = Object.keys(own ?? {})
    expect(names).toEqual([...names].sort())
  })

  test('configured values override those of the source', () => {
    const settings =
      '<stream-name>Ours</stream-name><genre>jazz</genre><bitrate>96</bitrate><public>0</public><max-listeners>7</max-listeners>'
    const { open, stats } = originInMemory(`<mount><mount-name>/live.mp3</mount-name>${settings}</mount>`)
    open('/live.mp3', told)
    expect(statsTree(stats).mounts.get(live)).toMatchObject({
      server_name: 'Ours',
      genre: 'jazz',
      bitrate: 96,
      public: 0,
      max_listeners: 7,
    })
  })

  test('have artist and title separate if the format separates them, and codec, channels and sample rate', () => {
    const { open, stats, state } = originInMemory()
    open('/v.ogg', {}, { contentType: 'application/ogg' }).push(fixture('vorbis.ogg'))
    expect(statsTree(stats).mounts.get(mountOf('/v.ogg'))).toMatchObject({
      artist: 'Ä',
      title: 'Ünder',
      subtype: 'Vorbis',
      audio_bitrate: 48_000,
      audio_channels: 1,
      audio_samplerate: 48_000,
      'ice-bitrate': 48,
    })
    expect(state.mounts.get(mountOf('/v.ogg'))?.title).toBe('Ä - Ünder')
  })

  test('are little more than a URL for a waiting relay, and for a mount that its fallback serves', () => {
    const fallback = '<mount><mount-name>/down</mount-name><fallback-mount>/live.mp3</fallback-mount></mount>'
    const dead = '<mount><mount-name>/dead</mount-name><fallback-mount>/nothing</fallback-mount></mount>'
    const file = '<mount><mount-name>/file</mount-name><fallback-mount>/loop.mp3</fallback-mount></mount>'
    const webroot = '<paths><webroot>/nowhere</webroot></paths>'
    const { open, stats } = originInMemory(fallback + dead + file + webroot, [mountOf('/later')])
    open('/live.mp3')
    const { mounts } = statsTree(stats)
    expect([...mounts.keys()]).toEqual(['/down', '/later', '/live.mp3'])
    const url = 'http://radio.example:8000'
    expect(mounts.get(mountOf('/down'))).toEqual({
      listeners: 0,
      listenurl: `${url}/down`,
      max_listeners: 'unlimited',
    })
    expect(mounts.get(mountOf('/later'))).toMatchObject({
      listeners: 0,
      listenurl: `${url}/later`,
      on_demand: 1,
    })
  })

  test('a source cannot set its listeners, or an invalid key', () => {
    const { open, stats } = originInMemory()
    open('/live.mp3', { 'ice-audio-info': 'listeners=99;__proto__=1;a b=2;<x>=3;ok=4' })
    const own = statsTree(stats).mounts.get(live)
    expect(own).toMatchObject({ listeners: 0, ok: 4 })
    expect(Object.keys(own ?? {})).not.toEqual(expect.arrayContaining(['__proto__']))
    expect(JSON.stringify(own)).not.toMatch(/a b"|<x>":/)
  })

  test('any audio info can be read', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        for (const name of Object.keys(audioInfoStats(text))) expect(name).toMatch(/^[A-Za-z][\w.-]*$/)
      }),
    )
  })
})

describe('status-json.xsl', () => {
  const server = { host: 'h', listeners: 3, connections: 9, source_total_connections: 1 }

  test('Icecast 2.4: has source absent, an object or an array, and dummy at its end', () => {
    expect(statusJson(treeOf(server, {}))).toEqual({ icestats: { host: 'h', dummy: null } })
    expect(statusJson(treeOf(server, { '/a': { title: 'A' } }))).toEqual({
      icestats: { host: 'h', source: { title: 'A', dummy: null } },
    })
    expect(statusJson(treeOf(server, { '/a': {}, '/b': {} }))).toEqual({
      icestats: { host: 'h', source: [{ dummy: null }, { dummy: null }] },
    })
  })

  test('leaves out the stats that Icecast shows only to the admin', () => {
    const stats = {
      listeners: 1,
      source_ip: '192.0.2.1',
      user_agent: 'x',
      total_bytes_read: 1,
      max_listeners: 5,
    }
    expect(JSON.stringify(statusJson(treeOf(server, { '/a': stats })))).not.toMatch(
      /192|user_agent|bytes|max_/,
    )
  })

  test.each(['-', ' - ', '1.', '-.5', '1e', '1e5', '007', '1979', 'true', '"', '\\', '\u2028', ''])(
    'docs/icecast.md#stats: a title of %j stays that very text',
    (title) => {
      const text = JSON.stringify(statusJson(treeOf(server, { '/a': { title } })))
      expect(JSON.parse(text)).toMatchObject({ icestats: { source: { title } } })
    },
  )

  test('docs/icecast.md#stats: has an alternative in which sources are always an array and contain their mount', () => {
    expect(publicStatsJson(treeOf(server, { '/a': { title: 'A' } }))).toEqual({
      icestats: { host: 'h', source: [{ mount: '/a', title: 'A' }] },
    })
  })
})

describe('the feed of the stats (STATS)', () => {
  test('Icecast 2.4: begins with all stats, then sends only changes; a removed key is null', () => {
    const first = treeOf({ clients: 1 }, { '/a': { listeners: 0, title: 'A' }, '/b': { listeners: 2 } })
    expect(printEvents(undefined, first)).toBe(
      'EVENT global clients 1\nEVENT /a listeners 0\nEVENT /a title A\nEVENT /b listeners 2\n',
    )
    const second = treeOf({ clients: 1 }, { '/a': { listeners: 1 } })
    expect(printEvents(first, second)).toBe('EVENT /a listeners 1\nEVENT /a title null\nEVENT /b null null\n')
    expect(printEvents(second, second)).toBe('')
  })

  test('has no line forged by a title, and none without bound', () => {
    const events = printEvents(
      undefined,
      treeOf({}, { '/a': { title: `x\nEVENT global clients 0\r\n${'y'.repeat(5000)}` } }),
    )
    expect(events.match(/\n/g)).toHaveLength(1)
    expect(events.length).toBeLessThan(1100)
  })

  class FakeSocket implements FeedSocket {
    text = ''
    isClosed = false
    writableLength = 0
    #onClose = () => {}
    write(bytes: string | Uint8Array): boolean {
      this.text += Buffer.from(bytes).toString()
      return true
    }
    once(_event: 'close', listener: () => void): void {
      this.#onClose = listener
    }
    destroy(): void {
      this.isClosed = true
      this.#onClose()
    }
  }
  const following = () => {
    const origin = originInMemory()
    const feeds = new StatsFeeds(origin.stats, origin.time)
    return { ...origin, feeds, socket: () => new FakeSocket() }
  }

  test('sends a change within a second to all that follow', async () => {
    const { feeds, socket, open, time, state } = following()
    const [one, two] = [socket(), socket()]
    expect([feeds.add(one), feeds.add(two)]).toEqual([true, true])
    expect(one.text).toMatch(/^HTTP\/1\.0 200 OK\r\n\r\nEVENT global admin /)
    open('/live.mp3')
    state.mounts.get(live)?.setTitle({ title: 'New', url: undefined })
    await time.pass(1000)
    for (const { text } of [one, two]) expect(text).toContain('EVENT /live.mp3 title New\n')
    state.mounts.kill(live, 'test')
    await time.pass(1000)
    expect(one.text).toContain('EVENT /live.mp3 null null\n')
  })

  test('has a bounded number of connections, and one that closes makes room for another', () => {
    const { feeds, socket, state } = following()
    const sockets = Array.from({ length: 16 }, socket)
    for (const each of sockets) expect(feeds.add(each)).toBe(true)
    expect(feeds.add(socket())).toBe(false)
    expect(state.load.feeds).toBe(16)
    sockets[0]?.destroy()
    expect(feeds.add(socket())).toBe(true)
  })

  test('closes a connection that reads nothing, and stops checking when none is left', async () => {
    const { feeds, socket, open, time, state } = following()
    const slow = socket()
    feeds.add(slow)
    slow.writableLength = 2_000_000
    open('/live.mp3')
    await time.pass(1000)
    expect(slow.isClosed).toBe(true)
    expect(state.load.feeds).toBe(0)
    const { text } = slow
    await time.pass(60_000)
    expect(slow.text).toBe(text)
  })
})
