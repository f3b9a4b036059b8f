import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { loopOf, type Source, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { launch, shellPath } from '../../kit/peers/browser.ts'
import { containers, startEncoder } from '../../kit/peers/encoder.ts'
import { absentOf, peer } from '../../kit/peers/peers.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { type Program, repo } from '../../kit/process/process.ts'
import { masterAt, type Server, secrets, startEdge, startOrigin } from '../../kit/process/runtimes.ts'

/** a folder to keep screenshots in, to look at them */
const { SCREENSHOTS: screenshots } = process.env
const evil = '</p><img src=x onerror=alert(1)> "\'&amp; \u202e'

describe('the player page in Chromium', () => {
  let edge: Server
  let master: Server
  let browser: Browser
  const sources = new Map<string, Source>()
  const encoders: Program[] = []
  beforeAll(async () => {
    if (shellPath === undefined || absentOf(['ffmpeg']).length > 0) return
    const config = join(suiteFolder(), 'icecast.xml')
    // short segments: the states of a page come soon
    writeFileSync(config, '<icecast><hls-segment>1</hls-segment><hls-window>12</hls-window></icecast>')
    edge = await startEdge('node')
    master = await startOrigin('bun', ['--config', config, ...masterAt(edge)])
    for (const mount of ['/live.mp3', '/change', '/a%20%22b%22%3Cc%3E.mp3']) play(mount)
    encode('/vorbis.ogg', vorbis)
    browser = await launch(shellPath)
  })
  afterAll(async () => {
    await browser?.close()
    for (const source of sources.values()) source.close()
    await Promise.all([...encoders.map((encoder) => encoder.stop()), master?.stop(), edge?.stop()])
  })

  function play(mount: string): void {
    const headers: Record<string, string> = mount === '/live.mp3' ? { 'Ice-Name': 'The river' } : {}
    const url = master.url + mount
    sources.set(mount, startSource({ url, password: secrets.source, programme: mp3, headers }))
  }
  const encode = (mount: string, format: (typeof containers)[number]) =>
    encoders.push(startEncoder(master.url + mount, format))

  /** Opens a page on which nothing may fail, and no policy may be broken. */
  async function open(path: string, width = 1200): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 600 } })
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('dialog', (dialog) => problems.push(dialog.message()))
    page.on('console', (message) => {
      if (/policy|trusted/i.test(message.text())) problems.push(message.text())
    })
    onTestFinished(async () => {
      await page.close()
      expect(problems).toEqual([])
    })
    await eventually(async () => (await page.goto(edge.url + path))?.status() === 200)
    return page
  }
  const text = (page: Page, selector: string) => page.locator(selector).textContent()
  const says = (page: Page, status: string) =>
    eventually(async () => {
      const said = await text(page, '.status')
      if (said !== status) throw new Error(`it says "${said}", expected "${status}"`)
      return true
    })
  const position = (page: Page) => page.evaluate<number>(`document.querySelector('audio').currentTime`)
  const requested = async (page: Page, pattern: RegExp) => {
    const names = await page.evaluate<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => name)`,
    )
    return names.filter((name) => pattern.test(name)).length
  }
  const shot = async (page: Page, name: string) => {
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) })
  }
  /** It moves: what it says is true. */
  async function plays(page: Page): Promise<void> {
    await says(page, 'Playing')
    const from = await position(page)
    await eventually(async () => (await position(page)) > from + 0.5)
  }

  peer('chromium', 'ffmpeg')(
    'plays by a key, follows the title that is heard, and shows no markup of it',
    async () => {
      const page = await open('/play/live.mp3')
      expect([await text(page, 'h1'), await text(page, '.status')]).toEqual(['The river', ''])
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await plays(page)
      expect(await requested(page, /hls-js\./)).toBe(1)
      expect(await requested(page, /\/hls\/live\.mp3\/\d+/)).toBeGreaterThan(2)
      await setTitle(`${master.url}/live.mp3`, secrets.source, evil)
      await eventually(async () => (await text(page, '.now')) === evil.trim())
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.title()).toContain('<img src=x onerror=alert(1)>')
      const button = page.getByRole('button', { name: 'Play' })
      expect(await button.getAttribute('aria-pressed')).toBe('true')
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const [width, height] of [
          [1200, 600],
          [375, 700],
          [400, 120],
          [300, 90],
        ] as const) {
          await page.setViewportSize({ width, height })
          const overflow = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          )
          expect(overflow, `${width}`).toBeLessThanOrEqual(0)
          await shot(page, `player-${width}-${colorScheme}`)
        }
      }
      await button.press(' ')
      expect([await text(page, '.status'), await button.getAttribute('aria-pressed')]).toEqual(['', 'false'])
    },
  )

  peer('chromium', 'ffmpeg')('says that it buffers, and plays on when segments come again', async () => {
    const page = await open('/play/live.mp3')
    await page.locator('.play').click()
    await plays(page)
    await page.route('**/hls/**', () => {}) // no answer at all
    // what is in its buffer lasts for longer than hls.js waits for answers, and then the page plays the plain mount
    const end = await page.evaluate<number>(
      `{ const audio = document.querySelector('audio'); const end = audio.buffered.end(audio.buffered.length - 1); audio.currentTime = end - 2; end }`,
    )
    await eventually(async () => (await position(page)) > end - 1)
    await says(page, 'Buffering…')
    await shot(page, 'player-buffering')
    // it stands, and says so
    await eventually(async () => {
      const at = await position(page)
      return (await text(page, '.status')) === 'Buffering…' && (await position(page)) === at
    })
    await page.unroute('**/hls/**')
    await plays(page)
  })

  peer('chromium', 'ffmpeg')(
    'says that the mount is off air, and plays by itself when it is back, in another format too',
    async () => {
      const page = await open('/play/change', 375)
      await page.locator('.play').click()
      await plays(page)
      sources.get('/change')?.close()
      await says(page, 'Off air. It plays when the stream is back.')
      await shot(page, 'player-off-air')
      encode('/change', opus)
      await plays(page)
      // its playlist comes with the master's next report; a page that is faster plays the plain mount
      const source = await page.evaluate<string>(`document.querySelector('audio').currentSrc`)
      if (!source.endsWith('/change'))
        expect(await requested(page, /\/hls\/change\/\d+\.m4s/)).toBeGreaterThan(0)
    },
  )

  peer('chromium', 'ffmpeg')(
    'plays the plain mount where HLS has no such format, or answers something else',
    async () => {
      const pages = await Promise.all(
        ['/vorbis.ogg', '/live.mp3', '/live.mp3'].map((path) => open(`/play${path}`)),
      )
      for (const [i, playlist] of [
        [1, '**/live.mp3.m3u8'],
        [2, '**/media.m3u8*'],
      ] as const)
        await pages[i]?.route(playlist, (route) =>
          route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' }),
        )
      for (const page of pages) await page.locator('.play').click()
      for (const page of pages) {
        await plays(page)
        expect(await requested(page, /\/hls\/[^/]+\/\d+/)).toBe(0)
      }
    },
  )

  peer('chromium', 'ffmpeg')(
    'plays a mount whose name has quotes and brackets, with a token in its query',
    async () => {
      const path = '/a%20%22b%22%3Cc%3E.mp3'
      const page = await open(`/play${path}?token=a%26b`)
      expect(await text(page, 'h1')).toBe('/a "b"<c>.mp3')
      await page.locator('.play').click()
      await plays(page)
      expect(await requested(page, /token=a%26b/)).toBeGreaterThan(1)
    },
  )
})

const mp3 = loopOf(readFileSync(join(repo, 'test/tools/demo/loop.mp3')))
const [opus, vorbis] = containers
