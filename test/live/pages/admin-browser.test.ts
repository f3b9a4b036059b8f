import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { browserPath, launch } from '../../kit/peers/browser.ts'
import { peer } from '../../kit/peers/peers.ts'
import { type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'

/** The admin's browser, over plain http and by host names: there it sends no header about the requesting site. */
describe('an admin whose browser has stored the password, over plain http on a real host name', () => {
  let origin: Server
  let browser: Browser
  let source: Source
  let page: Page
  const admin = () => `http://radio.example:${origin.port}/admin`

  beforeAll(async () => {
    if (browserPath === undefined) return
    origin = await startOrigin('node')
    source = startSource({
      url: `${origin.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    await eventually(() => source.isPlaying)
    browser = await launch(browserPath, [
      '--host-resolver-rules=MAP radio.example 127.0.0.1, MAP evil.example 127.0.0.1',
    ])
    page = await (await browser.newContext()).newPage()
    await page.goto(`http://admin:${secrets.admin}@radio.example:${origin.port}/admin/stats.xsl`)
  })
  afterAll(async () => {
    source?.close()
    await browser?.close()
    await origin?.stop()
  })

  /** A page of another site with this content, opened by the admin's browser; returns the admin's answer. */
  async function visit(inside: string, headers: Record<string, string> = {}): Promise<number[]> {
    const site = createServer((_, reply) =>
      reply.writeHead(200, { 'Content-Type': 'text/html', ...headers }).end(`<!doctype html>${inside}`),
    )
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void site.close())
    const statuses: number[] = []
    const visitor = await page.context().newPage()
    onTestFinished(() => visitor.close())
    visitor.on('response', (response) => {
      if (response.url().startsWith(`${admin()}/`)) statuses.push(response.status())
    })
    // the page leaves at once: a wait until it has loaded may fail, since the next one interrupts that
    const evil = `http://evil.example:${(site.address() as AddressInfo).port}/`
    await visitor.goto(evil, { waitUntil: 'commit' })
    await eventually(() => statuses.length > 0)
    return statuses
  }
  const kill = () => `${admin()}/killsource?mount=/live.mp3`

  // Chromium sends no login for pictures and scripts of other sites, unlike other browsers: it does for a page that is opened
  peer('chromium')('sends it along to what a page of another site opens', async () => {
    expect(await visit(`<script>location='${admin()}/listmounts'</script>`)).toEqual([200])
  })

  const noReferrer = { 'Referrer-Policy': 'no-referrer' }
  const link = () => `<script>location='${kill()}'</script>`
  const form = () =>
    `<form method="post" action="${kill()}"></form><script>document.forms[0].submit()</script>`
  const attacks: [string, () => string, Record<string, string>?][] = [
    ['opens a link', link],
    ['opens a link and hides where it is', link, noReferrer],
    ['posts a form', form],
    ['posts a form and hides where it is', form, noReferrer],
  ]
  for (const [does, inside, headers] of attacks)
    peer('chromium')(`loses no source to a page that ${does}`, async () => {
      expect(await visit(inside(), headers)).toEqual([403])
      expect(source.isPlaying).toBe(true)
    })

  peer('chromium')('ends the source by the button of our own page', async () => {
    await page.goto(`${admin()}/listmounts.xsl`)
    await page.locator('summary', { hasText: 'End it' }).click()
    await page.locator('button', { hasText: 'End /live.mp3' }).click()
    await eventually(async () => (await page.content()).includes('Source Removed'))
    await eventually(() => !source.isPlaying)
  })
})
