import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import type { ClusterJson } from '../../../shared/api/cluster-json.ts'
import type { HistoryJson } from '../../../shared/api/history-json.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { clientOf, type EdgeClient } from '../../kit/cluster/edge-client.ts'
import { type StagedCluster, stagedMount, stageSix } from '../../kit/cluster/staged-cluster.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { launch, openPage, shellPath } from '../../kit/peers/browser.ts'
import { peer } from '../../kit/peers/peers.ts'
import { repo } from '../../kit/process/process.ts'
import { type Server, secrets, startEdge } from '../../kit/process/runtimes.ts'

const httpCredentials = { username: 'admin', password: secrets.admin }
/** a folder to keep screenshots in, to look at them */
const { SCREENSHOTS: screenshots } = process.env

describe('the pages of an edge in Chromium', () => {
  let edge: Server
  let client: EdgeClient
  let cluster: StagedCluster
  let browser: Browser
  beforeAll(async () => {
    if (shellPath === undefined) return
    edge = await startEdge('node')
    client = clientOf(edge.url)
    cluster = stageSix(edge.url)
    await cluster.report()
    browser = await launch(shellPath)
  })
  afterAll(async () => {
    cluster?.stop()
    await browser?.close()
    await edge?.stop()
  })

  /** Opens a page as the admin. */
  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await openPage(browser, edge.url, path, { httpCredentials, ...options })
    if (path === '/admin') await eventually(async () => (await page.locator('#state.live').count()) === 1)
    return page
  }
  const text = (page: Page, selector: string) => page.locator(selector).first().textContent()
  const badge = (page: Page, id: string) =>
    page.locator('.row', { hasText: id }).locator('.badge').textContent()

  /** Waits until a page shows something. */
  const seen = (look: () => Promise<boolean>) => eventually(look, { everyMs: 50 })

  const looks = [1200, 390].flatMap((width) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
  )
  peer('chromium')('fit 1,200 and 390 px, in the light and in the dark', async () => {
    const grounds = new Set<string>()
    for (const path of ['/admin', '/']) {
      const page = await open(path)
      for (const { width, colorScheme } of looks) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0)
        grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
        const name = `${path === '/' ? 'public' : 'room'}-${width}-${colorScheme}.png`
        if (screenshots) await page.screenshot({ path: join(screenshots, name), fullPage: true })
      }
    }
    expect(grounds.size).toBe(2)
  })

  peer('chromium')('follow a title, a drain, the end of a mount and a death without a reload', async () => {
    const page = await open('/admin')
    const front = await open('/')
    await page.evaluate('window.isSamePage = true')
    await front.evaluate('window.isSamePage = true')
    const jazz = '#mounts [data-mount="/jazz.mp3"]'
    expect(await text(page, `${jazz} .now`)).toBe('Miles Davis - So What')

    const [first, ...others] = cluster.servers.get('master1')?.mounts ?? []
    if (!first) throw new Error('the master has no mount')
    cluster.add('master1', {
      ...cluster.servers.get('master1'),
      mounts: [{ ...first, about: { ...first.about, title: 'Blue in Green' } }, ...others],
    })
    await seen(async () => (await text(page, `${jazz} .now`)) === 'Miles Davis - Blue in Green')
    await seen(
      async () => (await text(front, '[data-mount="/jazz.mp3"] .now')) === 'Miles Davis - Blue in Green',
    )

    const relay4 = cluster.servers.get('relay4')
    if (relay4) relay4.isDead = true

    // by the keyboard alone
    await page.getByRole('button', { name: 'Drain relay1' }).focus()
    await page.keyboard.press('Enter')
    expect(await text(page, '#question h2')).toBe('Drain relay1?')
    expect(await text(page, '#question .effects')).toContain('Its 420 listeners stay until they leave')
    await page.keyboard.press('Enter')
    await seen(async () => (await badge(page, 'relay1')) === 'drained')
    expect((await client.server('relay1'))?.out).toBe('drained')
    expect(await page.locator('#question').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Undrain relay1' }).click()
    await page.keyboard.press('Escape')
    expect((await client.server('relay1'))?.out).toBe('drained')
    await page.getByRole('button', { name: 'Undrain relay1' }).click()
    await page.locator('#question .confirm').click()
    await seen(async () => (await badge(page, 'relay1')) === 'in')

    cluster.add('master2', { ...cluster.servers.get('master2'), mounts: [] })
    const choir = '[data-mount="/choir.opus"]'
    await seen(async () => (await page.locator(`#mounts ${choir}`).count()) === 0)
    await seen(async () => (await front.locator(choir).count()) === 0)
    expect(await text(front, '.none')).toMatch(/^Off air: \/choir\.opus \(for /)
    expect(await front.locator('.none').isVisible()).toBe(true)

    await eventually(async () => (await client.server('relay4'))?.out === 'stale')
    await seen(async () => (await badge(page, 'relay4')) === 'stale')
    await eventually(async () => (await text(page, '#problems'))?.includes('relay4: no report for'))
    const events = `${await text(page, '#events ol')}`
    for (const event of ['title changed', 'server drained relay1', 'mount lost', 'server stale relay4'])
      expect(events).toContain(event)

    await page.locator(`${jazz} summary`).click()
    await eventually(async () => (await page.locator(`${jazz} tbody tr`).count()) === 2)
    expect(await text(page, `${jazz} tbody td:nth-child(2)`)).toBe('Miles Davis - Blue in Green')
    for (const range of ['24 h', '7 d', '1 y', '1 h']) {
      const asked = page.waitForResponse((answer) => answer.url().includes('/api/history?'))
      await page.locator('.ranges label', { hasText: range }).click()
      expect((await asked).status(), range).toBe(200)
    }
    const asked = page.waitForResponse((answer) => answer.url().includes('/api/history?mount=%2Fjazz.mp3&'))
    await page.locator(`${jazz} button.link`).click()
    expect(((await (await asked).json()) as HistoryJson).rows.length).toBeGreaterThan(0)
    expect(await text(page, '#chart .scope')).toBe('/jazz.mp3')
    expect(await page.evaluate('window.isSamePage')).toBe(true)
    expect(await front.evaluate('window.isSamePage')).toBe(true)
  })

  peer('chromium')(
    'say that nothing is known while the edge does not answer, and trends before the page was opened',
    async () => {
      const page = await open('/admin')
      // by the page's own list: requests of the moment before somebody listens for them are on it
      const histories = () =>
        page.evaluate<number>(
          `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/history?server=')).length`,
        )
      await eventually(async () => (await histories()) > 0)
      await page.locator('#map .sites g[tabindex="0"]').focus()
      const [before = ''] = await page.locator('#map .about').allTextContents()
      expect(before).toMatch(/: [\d,]+ of [\d,]+, \d+ %$/)
      await page.keyboard.press('ArrowRight')
      expect(await text(page, '#map .about')).not.toBe(before)
      await page.keyboard.press('Enter')
      expect(await page.locator('#details').isVisible()).toBe(true)
      await page.route('**/api/cluster', (route) => route.fulfill({ status: 200, body: 'null' }))
      await eventually(async () =>
        (await text(page, '#problems .summary'))?.startsWith('Nothing is known for'),
      )
      await page.unroute('**/api/cluster')
      await eventually(async () => !(await text(page, '#problems .summary'))?.startsWith('Nothing is known'))
    },
  )

  peer('chromium')('tries a login that is rejected once a minute, not with every look', async () => {
    const context = await browser.newContext({ httpCredentials })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    // a clock that is a year ahead: times of the page are those of the edge
    await page.clock.install({ time: Date.now() + 365 * 86_400_000 })
    const histories: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/history?server=')) histories.push(request.url())
    })
    await page.goto(`${edge.url}/admin`)
    await eventually(() => histories.length > 0)
    const from = 1000 * Number(new URL(histories[0] ?? '').searchParams.get('from'))
    expect(Math.abs(Date.now() - 3_600_000 - from)).toBeLessThan(600_000)
    let asked = 0
    const body = JSON.stringify(await (await page.request.get(`${edge.url}/api/cluster`)).json())
    await page.route('**/api/cluster', (route) => {
      return route.fulfill(asked++ === 0 ? { status: 401, body: '' } : { body })
    })
    await page.clock.runFor(3000)
    await eventually(async () => (await text(page, '#state'))?.includes('the login is rejected'))
    await page.clock.runFor(50_000)
    expect(asked).toBe(1)
    await page.clock.runFor(12_000)
    await eventually(() => asked > 1)
  })

  const markup = '<img src=x onerror="document.title=\'run\'"><script>document.title="run"</script>'
  const reversed = `\u202e${markup}`
  peer('chromium')('show what comes from outside as text, isolated from what surrounds it', async () => {
    const evilMount = '/%3Cscript%3Ealert(1)%3C%2Fscript%3E.mp3'.replace('%2F', '')
    const site = 'javascript:document.title="run"'
    const about = { title: reversed, artist: site, name: markup, description: reversed, genre: markup, site }
    const mounts = [stagedMount(evilMount, 1, about)]
    // a promise that outlasts the test on a busy machine: the public page shows nothing of a stale server
    const evil = reportOf('master-evil', { role: 'master', interval: 3600, mounts })
    expect((await client.report(evil)).status).toBe(200)
    /** the cluster as an edge would tell it if every text in it were hostile */
    const hostile = (whole: ClusterJson): ClusterJson => ({
      ...whole,
      servers: whole.servers.map((server) => ({
        ...server,
        id: server.id === 'master-evil' ? reversed : server.id,
        urls: [site],
        version: markup,
        notes: [reversed],
      })),
      mounts: whole.mounts.map((mount) => ({ ...mount, countries: { [markup]: 1, DE: 2 } })),
      perMinute: { ...whole.perMinute, answers: { [reversed]: 3 } },
      problems: [{ severity: 'critical', text: reversed }],
      events: [{ at: whole.at, kind: markup, server: reversed, mount: markup, detail: reversed }],
    })
    const page = await open('/admin')
    const front = await open('/')
    const title = `#mounts article:has-text("master-evil") .now`
    await eventually(async () => (await text(page, title)) === `${site} - ${reversed}`)
    // the edge itself would answer 400: no server can report such an id
    await page.route('**/api/history?server=*', (route) => route.fulfill({ json: { rows: [] } }))
    await page.route('**/api/cluster', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: hostile((await answer.json()) as ClusterJson) })
    })
    onTestFinished(() => page.unrouteAll({ behavior: 'ignoreErrors' })) // the page asks again and again, at its end too
    await eventually(async () => (await text(page, '#problems li bdi')) === reversed)
    await page.locator('.row button.link', { hasText: 'onerror' }).first().click()
    await eventually(async () => (await page.locator('#details dd', { hasText: 'onerror' }).count()) > 0)
    if (screenshots) await page.screenshot({ path: join(screenshots, 'hostile.png') })
    for (const each of [page, front]) {
      expect(await each.content()).toContain('onerror=')
      expect(await each.locator('img').count()).toBe(0)
      expect(await each.locator('script').count()).toBe(1)
      expect(await each.locator('[href^=javascript]').count()).toBe(0)
      expect(await each.title()).not.toBe('run')
      // every text that turns direction is the whole of an element that is isolated from its surroundings
      const open = await each.evaluate<string[]>(`[...document.querySelectorAll('body *')]
        .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.includes('\\u202e')))
        .filter((element) => !['isolate', 'plaintext'].includes(getComputedStyle(element).unicodeBidi))
        .map((element) => element.outerHTML.slice(0, 80))`)
      expect(open).toEqual([])
    }
  })

  peer('chromium')('plays at a click, without scripts too', async () => {
    const page = await open('/')
    // the servers of this cluster do not exist: this answers for them
    const body = readFileSync(join(repo, 'test/tools/demo/loop.mp3'))
    await page.route('**/jazz.mp3', (route) => route.fulfill({ body, contentType: 'audio/mpeg' }))
    const card = page.locator('[data-mount="/jazz.mp3"]')
    await card.locator('.play').click()
    await eventually(async () => (await card.getAttribute('data-state')) === 'playing')
    await card.locator('.play').click()
    expect(await card.getAttribute('data-state')).toBe('stopped')
    const plain = await open('/', { javaScriptEnabled: false })
    expect(await plain.locator('[data-mount="/jazz.mp3"] audio').isVisible()).toBe(true)
    expect(await plain.locator('[data-mount="/jazz.mp3"] .play').isVisible()).toBe(false)
  })

  peer('chromium')(
    'a cluster of 2,000 servers: little to load, few elements, every row within reach',
    async () => {
      const mounts = [mountReport('/jazz.mp3'), mountReport('/news.ogg'), mountReport('/choir.opus')]
      const many = Array.from({ length: 2000 }, (_, i) =>
        reportOf(`many-${i}`, {
          interval: 3600,
          maxListeners: 1000,
          listeners: i % 1000,
          location: { latitude: (i % 120) - 60, longitude: ((i * 7) % 360) - 180 },
          mounts,
        }),
      )
      for (let i = 0; i < many.length; i += 20)
        await Promise.all(many.slice(i, i + 20).map((report) => client.report(report)))
      const page = await open('/')
      const bodies = new Map<string, Promise<Buffer>>()
      page.on('response', (response) =>
        bodies.set(
          new URL(response.url()).pathname,
          response.body().catch(() => Buffer.alloc(0)),
        ),
      )
      await page.goto(`${edge.url}/admin`)
      await eventually(async () => (await text(page, '#totals dd')) !== null)
      await eventually(async () => (await page.locator('#map .sites g').count()) > 0)
      const sizes = await Promise.all(
        [...bodies].map(async ([path, body]) => [path, (await body).byteLength] as const),
      )
      expect(sizes.map(([path]) => path)).toEqual(expect.arrayContaining(['/admin', '/api/cluster']))
      const loaded = sizes.reduce((sum, [, size]) => sum + size, 0)
      const elements = await page.locator('*').count()
      expect(loaded).toBeLessThan(2_000_000)
      expect(elements).toBeLessThan(3000)

      await page.getByLabel('sort by').selectOption('name')
      await page.locator('.viewport').evaluate((viewport) => viewport.scrollTo(0, 1e9))
      await eventually(async () => (await page.locator('.row', { hasText: 'relay4' }).count()) === 1)
      await page.getByLabel('filter').fill('many-1234')
      await eventually(async () => (await page.locator('.row').count()) === 1)
      await page.getByRole('button', { name: 'Drain many-1234' }).click()
      expect(await text(page, '#question h2')).toBe('Drain many-1234?')
      await page.keyboard.press('Escape')
      await page.waitForResponse('**/api/cluster')
      await page.waitForResponse('**/api/cluster')
      expect(await page.locator('*').count()).toBeLessThan(3000) // of a table that is drawn again with each answer
      if (screenshots) await page.screenshot({ path: join(screenshots, 'many.png'), fullPage: true })
    },
  )
})
