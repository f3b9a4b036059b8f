import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { browserPath, launch } from '../kit/browser.ts'
import { type Cluster, serverAt, startCluster } from '../kit/cluster.ts'
import { eventually, longPatienceMs } from '../kit/eventually.ts'
import { peer } from '../kit/peers.ts'
import { secrets } from '../kit/runtimes.ts'
import { basic } from '../kit/source.ts'

const hlsJs = readFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.light.min.js'))

/** frames of 26 ms that the mount holds before the player comes: it then begins with so much in its buffer */
const framesAhead = 1000

/** What the page's player tells of itself. */
interface Look {
  position: number
  atMs: number
  ranges: number
  stalls: number
  errors: string[]
  hosts: string[]
}

const script = `
const audio = document.querySelector('audio')
window.told = { stalls: 0, errors: [], hosts: [] }
window.begin = (url) => {
  // far behind the live edge: on a busy machine it must not run dry for another reason than a move
  const hls = new Hls({ liveSyncDurationCount: 6 })
  hls.on(Hls.Events.FRAG_LOADED, (_, { frag }) => told.hosts.push(new URL(frag.url).host))
  hls.on(Hls.Events.ERROR, (_, { details, fatal }) => told.errors.push(details + (fatal ? ' (fatal)' : '')))
  hls.loadSource(url)
  hls.attachMedia(audio)
  audio.addEventListener('playing', () => audio.addEventListener('waiting', () => told.stalls++), { once: true })
  return audio.play()
}
window.look = () => ({ position: audio.currentTime, atMs: performance.now(), ranges: audio.buffered.length, ...told })
`

describe('hls.js in Chromium', () => {
  let cluster: Cluster
  let browser: Browser
  let site: ReturnType<typeof createServer>
  beforeAll(async () => {
    if (browserPath === undefined) return
    cluster = await startCluster('bun', 2)
    await eventually(() => cluster.source.sent > framesAhead, { withinMs: longPatienceMs })
    browser = await launch(browserPath, ['--autoplay-policy=no-user-gesture-required'])
    site = createServer((request, answer) => {
      if (request.url === '/hls.js') answer.end(hlsJs)
      else if (request.url === '/page.js') answer.end(script)
      else {
        answer.setHeader('content-type', 'text/html')
        answer.end('<audio></audio><script src="/hls.js"></script><script src="/page.js"></script>')
      }
    })
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    await browser?.close()
    site?.close()
    await cluster?.stop()
  })

  const look = (page: Page) => page.evaluate<Look>('look()')
  const play = async (): Promise<Page> => {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
    await page.evaluate(`begin(${JSON.stringify(`${cluster.url}.m3u8`)})`)
    return page
  }

  /** The server from which the newest segment came. */
  const serverOf = (host: string | undefined) =>
    [cluster.master, ...cluster.slaves].find(({ url }) => new URL(url).host === host)
  /** Waits until a page has played so many seconds more, and from another server than this. */
  const playsOnElsewhere = (page: Page, from: Look, seconds: number) =>
    eventually(
      async () => {
        const now = await look(page)
        return now.position > from.position + seconds && now.hosts.at(-1) !== from.hosts.at(-1) && now
      },
      { withinMs: longPatienceMs, everyMs: 500 },
    )

  peer('chromium')(
    'plays on without a gap while its server is drained, and again when its server is killed',
    async () => {
      const page = await play()
      const begun = await eventually(
        async () => {
          const now = await look(page)
          return now.position > 8 && now
        },
        { everyMs: 200 },
      )
      const first = serverOf(begun.hosts.at(-1))
      if (!first) throw new Error(`no server is at ${begun.hosts.at(-1)}`)
      const { id } = (await serverAt(cluster.edge, first)) ?? {}
      const drained = await fetch(`${cluster.edge.url}/api/servers/${encodeURIComponent(String(id))}/drain`, {
        method: 'POST',
        headers: { Authorization: basic('admin', secrets.admin) },
      })
      expect(drained.ok, await drained.text()).toBe(true)
      const moved = await playsOnElsewhere(page, begun, 24)
      expect(moved).toMatchObject({ stalls: 0, ranges: 1, errors: [] })
      const other = serverOf(moved.hosts.at(-1))
      if (!other) throw new Error(`no server is at ${moved.hosts.at(-1)}`)
      // the master packages, so without it nothing is left to hear
      if (other !== cluster.master) {
        other.program.kill('SIGKILL')
        const after = await playsOnElsewhere(page, moved, 24)
        expect(after).toMatchObject({ stalls: 0, ranges: 1 })
        expect(after.errors.filter((error) => error.includes('fatal'))).toEqual([])
      }
      await page.close()
    },
    240_000,
  )
})
