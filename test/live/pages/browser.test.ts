import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { loopOf, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import { launch, shellPath } from '../../kit/peers/browser.ts'
import { pathOf, peer } from '../../kit/peers/peers.ts'
import { freePort } from '../../kit/process/ports.ts'
import { repo } from '../../kit/process/process.ts'
import {
  masterAt,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { type HttpsServer, makeCertificate, proxyTo, serveHttps } from '../../kit/process/tls.ts'

/** A page of one https origin, an edge on a second one behind a proxy, a slave on a third. */
describe('docs/protocol.md#headers-of-a-redirect: an https page of another origin, in Chromium', () => {
  const ends: (() => unknown)[] = []
  let page: Page
  let stream = ''
  let slaveUrl = ''

  beforeAll(async () => {
    if (shellPath === undefined || pathOf('openssl') === undefined) return
    const certificate = makeCertificate()
    const edge = await startEdge('bun', { TRUSTED_PROXIES: '127.0.0.1', HTTPS_ONLY: '1' })
    ends.push(() => edge.stop())
    const master = await startOrigin('node', [...masterAt(edge), '--max-listeners', '0'])
    ends.push(() => master.stop())
    ends.push(closer(play(master)))
    slaveUrl = `https://127.0.0.1:${await freePort()}`
    const slave = await startSlave(edge, slaveUrl, certificate)
    ends.push(() => slave.stop())
    await eventually(async () => (await serverAt(edge, slave))?.out === null)
    const front = await serveHttps(certificate, proxyTo(edge.url))
    const site = await serveHttps(certificate, (_, outgoing) => {
      outgoing.setHeader('Content-Type', 'text/html').end('<!doctype html><title>a station</title>')
    })
    ends.push(closer(front), closer(site))
    stream = `${front.url}/live.mp3`
    // the page plays without a click
    const browser = await launch(shellPath, ['--autoplay-policy=no-user-gesture-required'])
    ends.push(() => browser.close())
    page = await browser.newPage({ ignoreHTTPSErrors: true })
    await page.goto(site.url)
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  peer('chromium', 'openssl')(
    'an <audio crossorigin> plays the stream through two hops of CORS',
    async () => {
      // this function runs in the page, whose types this program does not have
      await page.evaluate(`(() => {
      const audio = document.createElement('audio')
      audio.crossOrigin = 'anonymous'
      audio.src = ${JSON.stringify(stream)}
      document.body.append(audio)
      return audio.play()
    })()`)
      const playedSeconds = () => page.evaluate<number>(`document.querySelector('audio')?.currentTime ?? 0`)
      await eventually(async () => (await playedSeconds()) > 2, { everyMs: 100 })
    },
  )

  peer('chromium', 'openssl')(
    'a fetch with Icy-MetaData is allowed by both, and reads icy-metaint',
    async () => {
      const answer = await page.evaluate(async (url) => {
        const ended = new AbortController()
        const response = await fetch(url, { headers: { 'Icy-MetaData': '1' }, signal: ended.signal })
        const first = await response.body?.getReader().read()
        const read = {
          url: response.url,
          metaint: response.headers.get('icy-metaint'),
          bytes: first?.value?.length ?? 0,
        }
        ended.abort()
        return read
      }, stream)
      expect(answer.url).toBe(`${slaveUrl}/live.mp3`)
      expect(Number(answer.metaint)).toBeGreaterThan(0)
      expect(answer.bytes).toBeGreaterThan(0)
    },
  )
})

const closer = (it: HttpsServer | Source) => () => it.close()

const play = (master: Server) =>
  startSource({
    url: `${master.url}/live.mp3`,
    password: secrets.source,
    programme: loopOf(readFileSync(join(repo, 'test/tools/demo/loop.mp3'))),
  })

const startSlave = (
  edge: Server,
  httpsUrl: string,
  { certFile, keyFile }: ReturnType<typeof makeCertificate>,
) =>
  startOrigin('node', [
    ...slaveOf(edge),
    ...['--tls-port', new URL(httpsUrl).port, '--tls-cert', certFile, '--tls-key', keyFile],
    ...['--public-url', httpsUrl],
  ])
