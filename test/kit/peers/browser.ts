import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { patienceMs } from '../base/eventually.ts'
import { childrenComeSoon } from '../process/sessions.ts'
import { pathOf } from './peers.ts'

/** Where Debian's Chromium is; undefined where it is not. */
export const browserPath = pathOf('chromium')

/**
 * Chromium without windows, else Chromium: the same engine in half of the processor's time. Only what is about a browser's own ways,
 * such as the headers that it adds, takes `browserPath`: the shell sends no `Accept-Language`.
 */
export const shellPath = pathOf('chromium-headless-shell') ?? browserPath

/** Starts it; it asks nobody outside for anything. */
export async function launch(executablePath: string, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-software-rasterizer', // or it draws by an emulated GPU
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
  childrenComeSoon()
  return browser
}

/** Opens a page of a server for one test; the page may contact no other server, and nothing in it may fail. */
export async function openPage(
  browser: Browser,
  server: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(server))
      problems.push(`asked for ${request.url()}`)
  })
  onTestFinished(() => expect(problems).toEqual([]))
  await page.goto(server + path)
  return page
}
