import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import type { PageAsset } from '../../../shared/page/asset.ts'
import { repo } from '../../kit/process.ts'

/** A module with a text for browsers, and the file that the text is made of. */
interface Made {
  module: string
  from: string
  name: string
}

/** Every module of that kind: the programs read no file for a page, so that bundles and Workers have all that pages need. */
export const madeModules: readonly Made[] = [
  { module: 'shared/page/style.made.ts', from: 'shared/page/style.css', name: 'style' },
  { module: 'shared/page/live-page.made.ts', from: 'shared/page/browser/live-page.ts', name: 'livePage' },
]

const options = {
  absWorkingDir: repo,
  bundle: true,
  minify: true,
  write: false,
  charset: 'utf8',
  format: 'iife',
  legalComments: 'none',
  // browsers of 2022 and later
  target: ['chrome105', 'firefox104', 'safari16'],
} satisfies BuildOptions

/** Bundles a style sheet or a script for browsers. */
async function assetOf(from: string): Promise<PageAsset> {
  const { outputFiles } = await build({ ...options, entryPoints: [from] })
  const text = (outputFiles[0]?.text ?? '').trim()
  if (/<\/(script|style)/i.test(text)) throw new Error(`${from}: it would end the element that contains it`)
  return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` }
}

/** The text of a module. */
export async function printModule({ module, from, name }: Made): Promise<string> {
  const { text, hash } = await assetOf(from)
  const up = module.startsWith('shared/page/') ? '.' : '../../shared/page'
  return `// Made by \`npm run pages\` from ${from}. Do not edit.
import type { PageAsset } from '${up}/asset.ts'

export const ${name}: PageAsset = {
  hash: '${hash}',
  text: ${JSON.stringify(text)},
}
`
}

if (import.meta.main)
  for (const made of madeModules) writeFileSync(join(repo, made.module), await printModule(made))
