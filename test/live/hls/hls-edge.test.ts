import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { parsePathways, readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { HostileMaster } from '../../kit/hls/hostile-master.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { type Server, secrets, startEdge, startOrigin } from '../../kit/process/runtimes.ts'
import { connectRaw, type RawConnection } from '../../kit/wire/raw.ts'
import { rawRequest } from '../../kit/wire/raw-request.ts'

const segmentSeconds = 1
/** Segments of one second; connections that wait longer than a busy machine takes to open thousands; a mount with a fallback, one that asks who may listen, and one without HLS. */
const config = `<icecast><hls-segment>${segmentSeconds}</hls-segment>
  <limits><header-timeout>600</header-timeout></limits>
  <mount><mount-name>/main.mp3</mount-name><fallback-mount>/live.mp3</fallback-mount></mount>
  <mount><mount-name>/plain.mp3</mount-name><hls>off</hls></mount>
  <mount><mount-name>/members.mp3</mount-name><authentication type="htpasswd">
    <option name="filename" value="HTPASSWD"/></authentication></mount></icecast>`
const slots = 100

let edges: Server[] = []
let master: Server
let slave: Server
const hostile = new HostileMaster()
const sources = new Map<string, Source>()
/** all that have the objects of HLS */
const servers = () => [master, slave, ...edges]

beforeAll(async () => {
  const folder = suiteFolder()
  writeFileSync(join(folder, 'htpasswd'), '')
  const file = join(folder, 'icecast.xml')
  writeFileSync(file, config.replace('HTPASSWD', join(folder, 'htpasswd')))
  await hostile.start()
  const mode = { node: 'always', deno: 'always', bun: 'overflow' } as const
  edges = await Promise.all(
    (['node', 'deno', 'bun'] as const).map((runtime) => startEdge(runtime, { HLS_EDGE: mode[runtime] })),
  )
  const reports = edges.flatMap(({ url }) => ['--edge', url])
  const often = ['--update-interval', '2']
  master = await startOrigin('node', [
    ...['--config', file, ...reports, '--edge-password', secrets.relay],
    ...often,
  ])
  for (const mount of ['/live.mp3', '/main.mp3', '/members.mp3', '/plain.mp3', '/short.mp3']) play(mount)
  const masters = ['--master', master.url, '--master', hostile.url]
  slave = await startOrigin('node', [...masters, ...often, '--max-listeners', String(slots)])
  const mounts = hostile.mounts.map((name) => mountReport(name, { about: { hls: 4 } }))
  const report = reportOf('hostile', { role: 'master', urls: [hostile.url], interval: 3600, mounts })
  for (const edge of edges) {
    const answer = await fetch(`${edge.url}/admin/sourcelist.txt`, {
      method: 'POST',
      headers: { Authorization: basic('relay', secrets.relay), 'Content-Type': 'text/plain' },
      body: printSourcelist(report),
    })
    expect(answer.status).toBe(200)
  }
})
afterAll(async () => {
  for (const source of sources.values()) source.close()
  await Promise.all(servers().map((server) => server?.stop()))
  hostile.close()
})

function play(mount: string): void {
  const url = master.url + mount
  sources.set(mount, startSource({ url, password: secrets.source, programme: numbered }))
}

const media = (server: Server, mount: string) => `${server.url}/hls${mount}/media.m3u8`
const listedAt = async (server: Server, mount: string) =>
  readMediaPlaylist(await (await fetch(media(server, mount))).text()).segments
const whenListed = (server: Server, mount: string, count: number) =>
  eventually(async () => {
    const answer = await fetch(media(server, mount))
    const { segments } = answer.ok ? readMediaPlaylist(await answer.text()) : { segments: [] }
    return segments.length >= count && segments
  })
const bytesAt = async (url: URL | string) => {
  const answer = await fetch(url)
  expect([String(url), answer.status]).toEqual([String(url), 200])
  return new Uint8Array(await answer.arrayBuffer())
}

describe('HLS at a master, a slave, and an edge on each runtime that carries', () => {
  test('segments of one number are the same bytes everywhere, and the frames of the source, number by number', async () => {
    const [segments] = await Promise.all(servers().map((server) => whenListed(server, '/live.mp3', 4)))
    const pieces: Uint8Array[] = []
    for (const { uri } of segments ?? []) {
      const [first, ...others] = await Promise.all(
        servers().map((server) => bytesAt(new URL(uri, media(server, '/live.mp3')))),
      )
      for (const other of others) expect(Buffer.compare(other, first ?? new Uint8Array())).toBe(0)
      pieces.push(first ?? new Uint8Array())
    }
    const { numbers } = numbersHeard(Buffer.concat(pieces), 0)
    expect(numbers.length).toBeGreaterThan(100)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
  })

  test('an edge that carries for everybody is the first pathway; playlists are packed for those who take gzip', async () => {
    const [first, , overflowing] = edges.map(({ url }) => url)
    const pathways = parsePathways(await (await fetch(`${first}/live.mp3.m3u8`)).text())
    expect([pathways[0]?.id, pathways[0]?.url.startsWith(`${first}/hls/live.mp3/media.m3u8?s=`)]).toEqual([
      'edge',
      true,
    ])
    expect(await (await fetch(`${overflowing}/live.mp3.m3u8`)).text()).not.toContain('PATHWAY-ID="edge"')
    for (const { port } of servers())
      for (const path of ['/live.mp3.m3u8', '/hls/live.mp3/media.m3u8?s=AbCdEfGhIjKlMnOp']) {
        const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`
        const { headers, body } = await rawRequest(port, head)
        const packed = Buffer.from(body, 'latin1')
        expect([path, headers.get('content-encoding')]).toEqual([path, 'gzip'])
        expect([path, headers.get('content-length')]).toEqual([path, String(packed.length)])
        expect([path, headers.get('vary')]).toEqual([path, 'Accept-Encoding'])
        const text = gunzipSync(packed).toString()
        expect(text).toMatch(/^#EXTM3U\n/)
        const named = text.match(/^\d+\.mp3.*$/gm) ?? []
        expect(named.filter((line) => !line.endsWith('?s=AbCdEfGhIjKlMnOp'))).toEqual([])
        expect(named.length > 2).toBe(path.startsWith('/hls/'))
      }
  })

  test('a mount without HLS has no playlist at its master, a slave or an edge', async () => {
    for (const { url } of servers())
      await eventually(async () => {
        const plain = await fetch(`${url}/plain.mp3`, { method: 'HEAD' })
        return plain.status === 200
      })
    for (const { url } of servers())
      for (const path of ['/plain.mp3.m3u8', '/hls/plain.mp3/media.m3u8'])
        expect([url, path, (await fetch(url + path)).status]).toEqual([url, path, 404])
  })

  test('an edge gives a mount to nobody if it cannot ask who may listen', async () => {
    for (const edge of edges)
      for (const mount of ['/members.mp3', '/guarded.mp3'])
        for (const name of ['media.m3u8', '5.mp3'])
          await eventually(async () => {
            const { status } = await fetch(`${edge.url}/hls${mount}/${name}`)
            return status === 403 || (mount === '/members.mp3' && name === '5.mp3' && status === 404)
          })
  })

  test('a path that names nothing is 404 or 400 everywhere, told to any page, and an old number may be kept for a moment', async () => {
    const paths = [
      ...[
        '/nobody.mp3.m3u8?x=-',
        '/hls/nobody.mp3/media.m3u8',
        '/hls/nobody.mp3/5.mp3',
        '/hls/nobody.mp3/steering.json',
      ],
      ...[
        '1.mp3',
        '999999999999999.mp3',
        '9'.repeat(40).concat('.mp3'),
        '-1.mp3',
        '01.mp3',
        '1e3.mp3',
        '1.5.mp3',
      ]
        .concat([
          '0x10.mp3',
          '5.exe',
          'init-1.mp4',
          'init--1.mp4',
          '',
          '5.mp3/',
          'media.m3u8/x',
          '%35.mp3',
          '5%2emp3x',
        ])
        .map((name) => `/hls/live.mp3/${name}`),
      ...['/hls/', '/hls//media.m3u8', '/hls/media.m3u8', '/hls/%00/media.m3u8', '/hls/%ff/media.m3u8'],
      ...['/hls/../../etc/passwd', '/hls/live.mp3/../../../etc/passwd', '/hls/%2e%2e/%2e%2e/media.m3u8'],
      ...['/hls/live.mp3/%2e%2e/5.mp3', '/hls/live.mp3/..%2f..%2fmedia.m3u8', '/hls/..%5c..%5cmedia.m3u8'],
      `/hls/${'a'.repeat(300)}/media.m3u8`,
    ]
    for (const server of servers())
      for (const path of paths) {
        const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`
        const { status, headers } = await rawRequest(server.port, head)
        expect([server.port, path, [400, 404].includes(status) || status]).toEqual([server.port, path, true])
        if (
          status === 404 &&
          path.startsWith('/hls/live.mp3/') &&
          !path.includes('%') &&
          !path.includes('..')
        )
          expect([server.port, path, headers.get('access-control-allow-origin')]).toEqual([
            server.port,
            path,
            '*',
          ])
        if (path.endsWith('/live.mp3/1.mp3')) expect(headers.get('cache-control')).toBe('max-age=1')
      }
    for (const server of servers()) expect((await fetch(media(server, '/live.mp3'))).status).toBe(200)
  })

  test('an edge steers sessions that show nothing, or pathways that are not its own, and passes on none of that', async () => {
    const strange = [
      '',
      '?s=',
      '?s=%3Cscript%3E',
      '?_HLS_pathway=nobody',
      '?_HLS_pathway=..%2f..&p=..,%22,%0a,nobody',
    ]
    for (const edge of edges) await whenListed(edge, '/live.mp3', 1)
    for (const { url } of edges)
      for (const query of [...strange, `?s=${'x'.repeat(3000)}&p=${'a%20b,'.repeat(500)}`]) {
        const answer = await fetch(`${url}/hls/live.mp3/steering.json${query}`)
        const text = await answer.text()
        expect([query, answer.status, /script|xxx|[ <]/.test(text)]).toEqual([query, 200, false])
        expect((JSON.parse(text) as { VERSION: number }).VERSION).toBe(1)
      }
    for (const { url } of [master, slave])
      expect((await fetch(`${url}/hls/live.mp3/steering.json`)).status).toBe(404)
  })

  test('a thousand requests for one new segment are one request at the master', async () => {
    const path = '/hls/counted.mp3/7.mp3'
    const askers = [slave, ...edges]
    for (const { url } of askers) {
      const answers = await Promise.all(
        Array.from({ length: url === slave.url ? 1000 : 200 }, async () => (await fetch(url + path)).text()),
      )
      expect(new Set(answers)).toEqual(new Set(['audio']))
    }
    expect(hostile.asked.get(path)).toBe(askers.length)
  })

  test('ten thousand invented sessions of one address get the share of one address, and leave room for another', async () => {
    const [connections, each] = [10, 1000]
    const beganMs = performance.now()
    const counts = await Promise.all(
      Array.from({ length: connections }, async (_, connection) => {
        const raw = connectRaw(slave.port)
        onTestFinished(() => void raw.socket.destroy())
        for (let i = 0; i < each; i++) {
          const s = `${connection}`.padEnd(8, 'A') + `${i}`.padStart(8, 'A')
          raw.send(`GET /hls/live.mp3/media.m3u8?s=${s} HTTP/1.1\r\nHost: slave\r\n\r\n`)
        }
        const count = (status: number) => raw.received().split(`HTTP/1.1 ${status} `).length - 1
        // seldom: it is counted in a megabyte of answers
        await eventually(() => count(200) + count(503) === each, { everyMs: 500 }).catch(() => {
          throw new Error(
            `${count(200)} × 200, ${count(503)} × 503, closed: ${raw.isClosed}, ${raw.received().slice(-600)}`,
          )
        })
        return count(200)
      }),
    )
    // a session that fetches no segment holds its slot for three target durations; on a busy machine this takes several of them
    const rounds =
      1 + Math.floor((performance.now() - beganMs) / (hlsLimits.sessionTargets * segmentSeconds * 1000))
    const share = slots * hlsLimits.addressShare
    const accepted = counts.reduce((sum, count) => sum + count, 0)
    expect(accepted).toBeGreaterThan(0)
    expect(accepted).toBeLessThanOrEqual(share * rounds)
    const other = connect({ port: slave.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    onTestFinished(() => void other.destroy())
    other.write('GET /hls/live.mp3/media.m3u8 HTTP/1.0\r\n\r\n')
    let heard = ''
    other.on('data', (bytes) => {
      heard += bytes.toString('latin1')
    })
    await eventually(() => heard.startsWith('HTTP/1.0 200') || heard.startsWith('HTTP/1.1 200'))
  })

  test('a master that answers wrongly, endlessly, slowly or elsewhere is passed over, and costs nobody else anything', async () => {
    const statuses = await Promise.all(
      [slave, ...edges].flatMap((server) =>
        hostile.badMounts.map(async (mount) => `${mount} ${(await fetch(media(server, mount))).status}`),
      ),
    )
    expect(new Set(statuses)).toEqual(new Set(hostile.badMounts.map((mount) => `${mount} 503`)))
    // what sockets hold, and the bound of a playlist, for each that asked
    expect(hostile.sentEndlessly).toBeLessThan(4 * 8_000_000)
    expect(hostile.trapped.filter((login) => login !== undefined)).toEqual([])
    // a report may be late on a busy machine, and the mount out for that long
    for (const server of servers()) await whenListed(server, '/live.mp3', 1)
  })
})

describe('a source that goes away', () => {
  test('keeps its playlist for players to ask again, and goes on in it under the next numbers', async () => {
    const before = await Promise.all(servers().map((server) => whenListed(server, '/short.mp3', 3)))
    sources.get('/short.mp3')?.close()
    // how long is held by test/origin/hls/packagers.test.ts, on a clock of its own; here, for longer than a listener is one of the server's
    const url = (server: Server) => `${media(server, '/short.mp3')}?s=${'short'.padEnd(16, '_')}`
    for (const server of servers()) {
      let same = { text: '', times: 0 }
      await eventually(
        async () => {
          const answer = await fetch(url(server))
          expect(answer.status).toBe(200)
          const text = await answer.text()
          same = text === same.text ? { text, times: same.times + 1 } : { text, times: 0 }
          return same.times >= 20
        },
        { everyMs: 200 },
      )
    }
    play('/short.mp3')
    for (const [i, server] of servers().entries()) {
      const last = before[i]?.at(-1)?.mediaSequenceNumber ?? 0
      const segments = await eventually(async () => {
        const answer = await fetch(media(server, '/short.mp3'))
        const listed = answer.ok ? readMediaPlaylist(await answer.text()).segments : []
        return listed.some((each) => each.discontinuity && each.mediaSequenceNumber > last) && listed
      })
      const numbers = segments.map(({ mediaSequenceNumber }) => mediaSequenceNumber)
      expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at))
      expect(numbers).toContain(last)
    }
  })

  test('gives way to a running fallback, which listeners by HLS hear after a discontinuity', async () => {
    const before = await Promise.all(servers().map((server) => whenListed(server, '/main.mp3', 3)))
    sources.get('/main.mp3')?.close()
    for (const [i, server] of servers().entries()) {
      const last = before[i]?.at(-1)?.mediaSequenceNumber ?? 0
      const segments = await eventually(async () => {
        const listed = await listedAt(server, '/main.mp3')
        return (listed.at(-1)?.mediaSequenceNumber ?? 0) >= last + 4 && listed
      })
      const at = segments.findLastIndex(({ discontinuity }) => discontinuity)
      expect(segments[at]?.mediaSequenceNumber).toBeGreaterThan(last)
      const next = await bytesAt(new URL(segments.at(-1)?.uri ?? '', media(server, '/main.mp3')))
      expect(numbersHeard(next, 0).numbers.length).toBeGreaterThan(10)
    }
    // one who comes now hears the fallback too
    expect((await fetch(`${master.url}/main.mp3.m3u8`)).status).toBe(200)
  })

  test('keeps the connections of more players than may be new at a time', async () => {
    const request = `GET /hls/none.mp3/1.mp3 HTTP/1.1\r\nHost: x\r\n\r\n`
    const players: RawConnection[] = []
    onTestFinished(() => {
      for (const { socket } of players) socket.destroy()
    })
    for (let batch = 0; batch < 4; batch++) {
      const more = Array.from({ length: 1100 }, () => connectRaw(master.port))
      players.push(...more)
      for (const player of more) player.send(request)
      await eventually(() => more.every((player) => player.received().startsWith('HTTP/1.1 404')))
    }
    expect(players.filter(({ isClosed }) => isClosed).length).toBe(0)
    players[0]?.send(request)
    await players[0]?.until(/404.*404/s)
  })
})
