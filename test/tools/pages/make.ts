import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import type { PageAsset } from '../../../shared/page/asset.ts'
import { repo } from '../../kit/process/process.ts'
import { makeWorld } from './world.ts'

/** A module with a text for browsers, and the file that the text is made of; `.ts` and `.css` are bundled. */
interface Made {
  module: string
  from: string
  name: string
  /** makes the text, if it is not bundled from `from` */
  make?: () => string
  /** the module holds the text's gzip, because the text is large */
  packed?: true
}

/** the build without subtitles, DRM and other needs of video, as its project publishes it */
const hlsJs = 'hls.js/dist/hls.light.min.mjs'

/** hls.js with its licence, and without the name of a source map that nobody serves. */
function makeHlsJs(): string {
  const { resolve } = createRequire(import.meta.url)
  const { version } = JSON.parse(readFileSync(resolve('hls.js/package.json'), 'utf8')) as { version: string }
  const licence = `/*! hls.js ${version}, (c) Dailymotion, Apache License 2.0: https://github.com/video-dev/hls.js/blob/master/LICENSE */`
  const text = readFileSync(resolve(hlsJs), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')
  return `${licence}\n${text}\n`
}

/** Every module of that kind: the programs read no file for a page, so that bundles and Workers have all that pages need. */
export const madeModules: readonly Made[] = [
  { module: 'shared/page/style.made.ts', from: 'shared/page/style.css', name: 'style' },
  { module: 'shared/page/live-page.made.ts', from: 'shared/page/browser/live-page.ts', name: 'livePage' },
  {
    module: 'edge/pages/control-room-script.made.ts',
    from: 'edge/browser/control-room.ts',
    name: 'controlRoomScript',
  },
  {
    module: 'edge/pages/control-room-style.made.ts',
    from: 'edge/browser/control-room.css',
    name: 'controlRoomStyle',
  },
  {
    module: 'edge/pages/world.made.ts',
    from: 'test/tools/pages/world.ts',
    name: 'world',
    make: () => JSON.stringify(makeWorld()),
  },
  { module: 'edge/player/script.made.ts', from: 'edge/browser/player/player.ts', name: 'playerScript' },
  { module: 'edge/player/style.made.ts', from: 'edge/browser/player/player.css', name: 'playerStyle' },
  {
    module: 'edge/player/hls-js.made.ts',
    from: hlsJs,
    name: 'hlsJs',
    make: makeHlsJs,
    packed: true,
  },
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
async function assetOf({ from, make }: Made): Promise<PageAsset> {
  const text = make ? make() : await bundled(from)
  if (/<\/(script|style)/i.test(text)) throw new Error(`${from}: it would end the element that contains it`)
  return { text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` }
}

async function bundled(from: string): Promise<string> {
  const { outputFiles } = await build({ ...options, entryPoints: [from] })
  return (outputFiles[0]?.text ?? '').trim()
}

/** The text of a module. */
export async function printModule(made: Made): Promise<string> {
  const { module, from, name, packed } = made
  const { text, hash } = await assetOf(made)
  const up = module.startsWith('shared/page/') ? '.' : '../../shared/page'
  const type = packed ? 'PackedAsset' : 'PageAsset'
  const content = packed
    ? `gzip: '${gzipSync(text, { level: 9 }).toString('base64')}'`
    : `text: ${JSON.stringify(text)}`
  return `// Made by \`npm run pages\` from ${from}. Do not edit.
import type { ${type} } from '${up}/asset.ts'

export const ${name}: ${type} = {
  hash: '${hash}',
  ${content},
}
`
}

if (import.meta.main)
  for (const made of madeModules) writeFileSync(join(repo, made.module), await printModule(made))
