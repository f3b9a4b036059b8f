import { type Browser, chromium } from 'playwright-core'
import { pathOf } from './peers.ts'

/** Where Debian's Chromium is; undefined where it is not. */
export const browserPath = pathOf('chromium')

/** Starts it; it asks nobody outside for anything. */
export const launch = (executablePath: string, args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
