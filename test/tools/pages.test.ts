import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { repo } from '../kit/process/process.ts'
import { madeModules, printModule } from './pages/make.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')

/** Another zlib may pack the same text to other bytes. */
const unpacked = (module: string) =>
  module.replace(/gzip: '(.*)'/, (_, gzip: string) => gunzipSync(Buffer.from(gzip, 'base64')).toString())

test.for(madeModules)('$module is what `npm run pages` makes', async (made) => {
  expect(unpacked(await printModule(made))).toBe(unpacked(read(made.module)))
})

/** The relative luminance of a colour (WCAG 2.2). */
function luminance(colour: string): number {
  const digits =
    colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.slice(1).match(/../g)
  const [r = 0, g = 0, b = 0] = (digits ?? []).map((two) => {
    const part = Number.parseInt(two, 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

describe.for(['light', 'dark'])('the %s colours of all pages', (scheme) => {
  const [light = '', dark = ''] = read('shared/page/style.css').split('prefers-color-scheme: dark')
  const source = scheme === 'light' ? light : dark
  const colours = Object.fromEntries(
    [...source.matchAll(/--(\w+): (#\w+);/g)].map(([, name, value]) => [name, value]),
  )

  test.for([
    ...['ink', 'dim', 'water', 'good', 'warn', 'bad'].flatMap((text) => [
      [text, 'card'],
      [text, 'ground'],
    ]),
    ['onwater', 'water'],
    ['card', 'bad'],
  ])('%s on %s is readable: WCAG AA, 4.5 : 1', ([text = '', ground = '']) => {
    expect(contrast(`${colours[text]}`, `${colours[ground]}`)).toBeGreaterThanOrEqual(4.5)
  })
})
