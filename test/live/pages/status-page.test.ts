import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { loopOf, type Source, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { statsOf } from '../../kit/cluster/stats.ts'
import { launch, openPage, shellPath } from '../../kit/peers/browser.ts'
import { peer } from '../../kit/peers/peers.ts'
import { repo } from '../../kit/process/process.ts'
import { type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'

const programme = loopOf(readFileSync(join(repo, 'test/tools/demo/loop.mp3')))
const evil = '<img src=x onerror="document.title=\'run\'">'
const long = `${'A title that goes on and on '.repeat(8)}${'x'.repeat(200)}`

describe('the status page in Chromium', () => {
  let origin: Server
  let browser: Browser
  const sources: Source[] = []
  beforeAll(async () => {
    if (shellPath === undefined) return
    origin = await startOrigin('node')
    browser = await launch(shellPath)
    await play('/live.mp3', { 'Ice-Name': 'The Loop', 'Ice-Genre': 'ambient' })
  })
  afterAll(async () => {
    for (const source of sources) source.close()
    await browser?.close()
    await origin?.stop()
  })

  async function play(mount: string, headers: Record<string, string> = {}): Promise<Source> {
    const url = origin.url + mount
    const source = startSource({ url, password: secrets.source, programme, headers })
    sources.push(source)
    await eventually(() => source.isPlaying)
    return source
  }
  const title = (mount: string, text: string) => setTitle(origin.url + mount, secrets.source, text)

  const open = (options?: BrowserContextOptions): Promise<Page> =>
    openPage(browser, origin.url, '/status.xsl', options)
  const text = (page: Page, selector: string) => page.locator(selector).first().textContent()
  const card = (mount: string) => `.mount[data-mount="${mount}"]`
  const secondsHeard = (page: Page, mount: string) =>
    page.evaluate<number>(`document.querySelector('${card(mount)} audio').currentTime`)

  peer('chromium')('plays at a click, and at another takes nothing more', async () => {
    const page = await open()
    const button = page.locator(`${card('/live.mp3')} .play`)
    await button.click()
    await eventually(async () => (await secondsHeard(page, '/live.mp3')) > 2)
    expect(await button.getAttribute('aria-pressed')).toBe('true')
    await eventually(async () => (await statsOf(origin, '/live.mp3'))?.listeners === 1)
    await button.click()
    expect(await button.getAttribute('aria-pressed')).toBe('false')
    await eventually(async () => (await statsOf(origin, '/live.mp3'))?.listeners === 0)
  })

  peer('chromium')('follows titles and listeners, and plays one mount at a time', async () => {
    await play('/other.mp3')
    await title('/live.mp3', 'First – Ünder')
    const page = await open()
    expect(await text(page, `${card('/live.mp3')} .now`)).toBe('First – Ünder')
    await page.locator(`${card('/live.mp3')} .play`).click()
    await title('/live.mp3', 'Second')
    await eventually(async () => (await text(page, `${card('/live.mp3')} .now`)) === 'Second')
    await eventually(async () => (await text(page, `${card('/live.mp3')} [data-stat=listeners]`)) === '1')
    await eventually(async () => (await page.title()).startsWith('Second – '))
    await page.locator(`${card('/other.mp3')} .play`).click()
    await eventually(async () => (await statsOf(origin, '/live.mp3'))?.listeners === 0)
  })

  peer('chromium')(
    'has a card for a mount that starts, and none for one that has ended, while another plays on',
    async () => {
      const passing = await play('/passing.mp3')
      const page = await open()
      await page.locator(`${card('/live.mp3')} .play`).click()
      await eventually(async () => (await secondsHeard(page, '/live.mp3')) > 0)
      passing.close()
      await play('/fresh.mp3')
      await eventually(async () => (await page.locator(card('/fresh.mp3')).count()) === 1)
      await eventually(async () => (await page.locator(card('/passing.mp3')).count()) === 0)
      expect(await page.locator(`${card('/fresh.mp3')} .play`).isVisible()).toBe(true)
      const before = await secondsHeard(page, '/live.mp3')
      await eventually(async () => (await secondsHeard(page, '/live.mp3')) > before + 1)
    },
  )

  peer('chromium')('takes what a source says for text, at once and when it changes', async () => {
    await play('/evil.mp3', { 'Ice-Name': evil, 'Ice-Description': evil, 'Ice-Url': 'javascript:alert(1)' })
    await title('/evil.mp3', evil)
    const page = await open()
    expect(await text(page, `${card('/evil.mp3')} h2`)).toBe(evil)
    await title('/evil.mp3', `again ${evil}`)
    await eventually(async () => (await text(page, `${card('/evil.mp3')} .now`)) === `again ${evil}`)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    expect(await page.title()).not.toBe('run')
  })

  peer('chromium')('fits a phone, whatever the title, in the light and in the dark', async () => {
    await play('/long.mp3', { 'Ice-Name': long })
    await title('/long.mp3', long)
    const grounds = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open({ colorScheme, viewport: { width: 320, height: 640 } })
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(overflow).toBeLessThanOrEqual(0)
      grounds.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
    }
    expect(grounds.size).toBe(2)
  })

  peer('chromium')('plays without scripts too', async () => {
    const page = await open({ javaScriptEnabled: false })
    expect(await page.locator(`${card('/live.mp3')} audio`).isVisible()).toBe(true)
    expect(await page.locator(`${card('/live.mp3')} .play`).isVisible()).toBe(false)
  })

  peer('chromium')('has admin pages that do what their buttons say', async () => {
    const httpCredentials = { username: 'admin', password: secrets.admin }
    const page = await open({ httpCredentials })
    await play('/doomed.mp3')
    await page.goto(`${origin.url}/admin/`)
    const section = page.locator('section', { hasText: '/doomed.mp3' })
    await section.getByText('Set the title').click()
    await page.getByLabel('title').fill('By hand – ü')
    await page.getByRole('button', { name: 'Set' }).click()
    await eventually(async () => (await text(page, 'h1')) === 'Metadata update successful')
    expect((await statsOf(origin, '/doomed.mp3'))?.title).toBe('By hand – ü')
    await page.getByText('All mounts').click()
    await section.getByText('End it').click()
    await section.getByRole('button', { name: 'End /doomed.mp3' }).click()
    await eventually(async () => (await text(page, 'h1')) === 'Source Removed')
  })
})
