import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { reportOf } from '../../kit/parts/reports.ts'
import { peer } from '../../kit/peers/peers.ts'
import { type ProxyServer, startCaddy, startHaproxy, startNginx } from '../../kit/peers/proxies.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { masterAt, type Server, secrets, startEdge, startOrigin } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { binaryProxyHeader, tlsRecord } from '../../kit/wire/proxy-header.ts'

// Clients come from other addresses of this machine than the proxies, which connect from 127.0.0.1, the only trusted one.
const listenerAddress = '127.0.0.5'
const deniedAddress = '127.0.0.9'
/** what clients ask the proxies for */
const host = 'radio.example'

interface Ask {
  port: number
  tls?: boolean
  from?: string
  head: string
  /** sent before TLS or the head */
  before?: string | Uint8Array
}

/** Sends a head from an address of this machine, and gives what comes back. */
function ask({ port, tls = false, from = listenerAddress, head, before }: Ask) {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress: from })
  if (before) socket.write(before)
  const wire = tls ? connectTls({ socket, servername: host, rejectUnauthorized: false }) : socket
  let received = Buffer.alloc(0)
  wire.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
  })
  for (const each of [socket, wire]) each.on('error', () => each.destroy())
  wire.write(head)
  const text = () => received.toString('latin1')
  return {
    wire,
    text,
    bytes: () => received.length,
    /** what came back, once it matches */
    async until(pattern: RegExp): Promise<string> {
      await eventually(() => pattern.test(text())).catch(() => {
        throw new Error(`no ${pattern} in ${JSON.stringify(text().slice(0, 2000))}`)
      })
      return text()
    },
    close() {
      wire.destroy()
      socket.destroy()
    },
  }
}

const get = (path: string, ...lines: string[]) =>
  `${[`GET ${path} HTTP/1.1`, `Host: ${host}`, ...lines].join('\r\n')}\r\n\r\n`
const forged = [
  'X-Forwarded-For: 6.6.6.6',
  'Forwarded: for=6.6.6.6;proto=https;host=evil.example',
  'X-Forwarded-Proto: https',
]

describe('behind a proxy', () => {
  const folder = suiteFolder()
  let edge: Server
  let origin: Server
  let source: Source
  let httpsUrl: string
  const accessLog = join(folder, 'access.log')
  const logged = async (pattern: RegExp) =>
    eventually(() =>
      readFileSync(accessLog, 'utf8')
        .split('\n')
        .find((line) => pattern.test(line)),
    )

  beforeAll(async () => {
    edge = await startEdge('node', { TRUSTED_PROXIES: '127.0.0.1' })
    const denied = join(folder, 'denied')
    writeFileSync(denied, `${deniedAddress}\n`)
    const config = join(folder, 'icecast.xml')
    writeFileSync(
      config,
      `<icecast>
        <paths><logdir>${folder}</logdir><deny-ip>${denied}</deny-ip><x-forwarded-for>127.0.0.1</x-forwarded-for></paths>
        <logging><accesslog>access.log</accesslog><errorlog>-</errorlog></logging>
      </icecast>`,
    )
    httpsUrl = `https://127.0.0.1:${await freePort()}`
    origin = await startOrigin('node', ['--config', config, '--public-url', httpsUrl, ...masterAt(edge)])
    source = startSource({ url: `${origin.url}/live.mp3`, password: secrets.source, programme: numbered })
    await eventually(
      async () =>
        (await fetch(`${edge.url}/live.mp3`, { method: 'HEAD', redirect: 'manual' })).status === 302,
    )
  })
  afterAll(async () => {
    source?.close()
    await Promise.all([edge?.stop(), origin?.stop()])
  })

  const certificate = makeCertificate()
  const behind = (name: string) => {
    const own = join(folder, name)
    mkdirSync(own)
    return { name: host, folder: own, edgePort: edge.port, originPort: origin.port, certificate }
  }
  // proxies in the order of the page; each test plays a whole evening on one of them
  for (const [name, program, startProxy] of [
    ['nginx', 'nginx', startNginx],
    ['Caddy', 'caddy', startCaddy],
    ['HAProxy', 'haproxy', startHaproxy],
  ] as const)
    peer(program, 'openssl')(
      `${name}, by its file of docs/examples: address, scheme, stream, titles and sources pass`,
      async () => {
        const proxy: ProxyServer = await startProxy(behind(name))
        try {
          await passesEdge(proxy)
          await passesListener(proxy, `${name}-player`)
          await passesSource(proxy, `/from-${program}.mp3`)
          const head = get('/live.mp3', 'Connection: close')
          const refused = ask({ port: proxy.origin.http, from: deniedAddress, head })
          await eventually(() => refused.wire.closed || /^HTTP\/1\.\d 403 /.test(refused.text()))
          expect(refused.text()).not.toContain(' 200 ')
        } finally {
          await proxy.stop()
        }
      },
    )

  /** The edge redirects by the scheme that the client used, and believes no client. */
  async function passesEdge({ edge: { http, https } }: ProxyServer) {
    for (const [port, tls, base] of [
      [http, false, origin.url],
      [https, true, httpsUrl],
    ] as const) {
      const asked = ask({ port, tls, head: get('/live.mp3', 'X-Forwarded-For: 6.6.6.6') })
      expect(await asked.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 302 /)
      expect(asked.text().toLowerCase()).toContain(`location: ${base}/live.mp3\r\n`)
      asked.close()
    }
    const plain = ask({ port: http, head: get('/live.mp3.m3u', 'Forwarded: proto=https;host=evil.example') })
    expect(await plain.until(/#EXTM3U|http:/)).toContain('http://radio.example/live.mp3')
    plain.close()
  }

  /** A stream comes as it is made, with titles; listclients and the log have the listener's own address. */
  async function passesListener({ origin: { https } }: ProxyServer, agent: string) {
    const listener = ask({
      port: https,
      tls: true,
      head: get('/live.mp3', 'Icy-MetaData: 1', `User-Agent: ${agent}`, ...forged),
    })
    const [headSent = ''] = (await listener.until(/\r\n\r\n/)).split('\r\n\r\n')
    expect(`${headSent}\r\n`.toLowerCase()).toMatch(/^http\/1\.\d 200 [\s\S]*\r\nicy-metaint: ?\d+\r\n/)
    const title = `Heard by ${agent}`
    const to = `${origin.url}/admin/metadata?mount=/live.mp3&mode=updinfo&song=${encodeURIComponent(title)}`
    await fetch(to, { headers: { Authorization: basic('source', secrets.source) } })
    await listener.until(new RegExp(`StreamTitle='${title}'`))
    const clients = await fetch(`${origin.url}/admin/listclients?mount=/live.mp3`, {
      headers: { Authorization: basic('admin', secrets.admin) },
    })
    expect((await clients.text()).toLowerCase()).toMatch(
      new RegExp(`<ip>${listenerAddress}</ip>\\s*<useragent>${agent}</useragent>`.toLowerCase()),
    )
    listener.close()
    expect(await logged(new RegExp(`"GET /live.mp3 .*"${agent}"`))).toMatch(`${listenerAddress} - - [`)
  }

  /** A source is heard, and its address is that of the encoder. */
  async function passesSource({ origin: { http }, passesBytes }: ProxyServer, mount: string) {
    const lines = [
      `Authorization: ${basic('source', secrets.source)}`,
      'Content-Type: audio/mpeg',
      ...forged.slice(0, 1),
    ]
    const [first, framing] = passesBytes
      ? [`SOURCE ${mount} ICE/1.0`, []]
      : [`PUT ${mount} HTTP/1.1`, ['Transfer-Encoding: chunked']]
    const encoder = ask({
      port: http,
      from: '127.0.0.6',
      head: `${[first, `Host: ${host}`, ...lines, ...framing].join('\r\n')}\r\n\r\n`,
    })
    let n = 0
    const playing = setInterval(() => {
      const frames = Buffer.concat(Array.from({ length: 20 }, () => numbered.at(n++)))
      if (!passesBytes) encoder.wire.write(`${frames.length.toString(16)}\r\n`)
      encoder.wire.write(frames)
      if (!passesBytes) encoder.wire.write('\r\n')
    }, 50)
    const listener = await eventually(async () => {
      const asked = ask({ port: http, head: get(mount) })
      await asked.until(/\r\n\r\n/)
      if (/^HTTP\/1\.\d 200 /.test(asked.text())) return asked
      asked.close()
      return undefined
    })
    await eventually(() => listener.bytes() > 30_000)
    clearInterval(playing)
    listener.close()
    encoder.close()
    expect(await logged(new RegExp(`"(?:PUT|SOURCE) ${mount} `))).toMatch('127.0.0.6 - ')
  }

  test('a PROXY header counts at edge and origin as the first bytes from a trusted address, and from no other', async () => {
    const line = 'PROXY TCP4 198.51.100.7 127.0.0.1 5 80\r\n'
    const binary = binaryProxyHeader({ records: [tlsRecord] })
    const agent = (name: string) =>
      get('/status-json.xsl', `User-Agent: ${name}`, 'Connection: close', 'X-Forwarded-For: 6.6.6.6')
    const first = ask({ port: origin.port, from: '127.0.0.1', before: line, head: agent('by-line') })
    await first.until(/^HTTP\/1\.1 200 /)
    expect(await logged(/"by-line"/)).toMatch('198.51.100.7 - ')
    await ask({ port: origin.port, from: '127.0.0.1', before: binary, head: agent('by-bytes') }).until(
      /^HTTP\/1\.1 200 /,
    )
    expect(await logged(/"by-bytes"/)).toMatch('192.0.2.9 - ')
    const asked = ask({ port: edge.port, from: '127.0.0.1', before: binary, head: get('/live.mp3') })
    expect(await asked.until(/\r\n\r\n/)).toContain(`Location: ${httpsUrl}/live.mp3\r\n`)
    asked.close()
    for (const { port } of [edge, origin])
      for (const before of [line, binary]) {
        const stranger = ask({ port, before, head: get('/live.mp3') })
        expect(await stranger.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 /)
        stranger.close()
      }
  })

  test('the share of one address is that of the client behind a proxy, not of the proxy', async () => {
    // of 256 listeners a quarter
    const share = Math.max(hlsLimits.addressSessionsMin, 256 * hlsLimits.addressShare)
    const statusFor = async (client: string, n: number) => {
      const session = `client${String(n).padStart(10, '0')}`
      const answer = await fetch(`${origin.url}/hls/live.mp3/media.m3u8?s=${session}`, {
        headers: { 'X-Forwarded-For': client },
      })
      return answer.status
    }
    expect(await statusFor('192.0.2.1', 0)).toBe(200)
    const taken = await Promise.all(
      Array.from({ length: share - 1 }, (_, n) => statusFor('192.0.2.1', n + 1)),
    )
    expect(new Set(taken)).toEqual(new Set([200]))
    expect(await statusFor('192.0.2.1', share)).toBe(503)
    expect(await statusFor('192.0.2.2', share + 1)).toBe(200)
  })

  test('a client that a proxy names is denied like one that connects itself', async () => {
    const head = get('/live.mp3', `X-Forwarded-For: ${deniedAddress}`)
    await ask({ port: origin.port, from: '127.0.0.1', head }).until(/^HTTP\/1\.1 403 /)
    const before = `PROXY TCP4 ${deniedAddress} 127.0.0.1 5 80\r\n`
    const denied = ask({ port: origin.port, from: '127.0.0.1', before, head: get('/live.mp3') })
    await eventually(() => denied.wire.closed)
    expect(denied.text()).toBe('')
  })

  peer('nginx')(
    'a bare proxy_pass teaches servers no loopback address, and the log says once what to set',
    async () => {
      const port = await freePort()
      const bare = `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${edge.port}; } }`
      const proxy = await startNginx(behind('bare'), bare)
      try {
        for (let i = 0; i < 2; i++) {
          const answer = await fetch(`http://127.0.0.1:${port}/admin/sourcelist.txt`, {
            method: 'POST',
            headers: { Authorization: basic('relay', secrets.relay), 'Content-Type': 'text/plain' },
            body: printSourcelist(reportOf('remote')),
          })
          expect(answer.status).toBe(200)
          expect(await answer.text()).not.toContain('edge ')
        }
        const playlist = await (await fetch(`http://127.0.0.1:${port}/live.mp3.m3u`)).text()
        expect(playlist).not.toContain(String(edge.port))
        await edge.program.line(/the own address is not known/)
        expect(edge.program.output().match(/the own address is not known/g)).toHaveLength(1)
      } finally {
        await proxy.stop()
      }
    },
  )

  test('a TLS proxy that is not trusted is named once, by edge and origin', async () => {
    for (const { port, program } of [edge, origin]) {
      for (let i = 0; i < 2; i++) {
        const asked = ask({
          port,
          from: '127.0.0.7',
          head: get('/status-json.xsl', 'X-Forwarded-Proto: https'),
        })
        await asked.until(/^HTTP\/1\.1 200 /)
        asked.close()
      }
      const naming = /a proxy that is not trusted says https.*127\.0\.0\.7/g
      await program.line(naming)
      expect(program.output().match(naming)).toHaveLength(1)
    }
  })
})
