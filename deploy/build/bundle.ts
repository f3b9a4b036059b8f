import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

export const root = join(import.meta.dirname, '../..')

/** What is bundled, by the name of its file: the code that starts it. */
export const bundles = {
  'distributary.mjs': "import './distributary.ts'",
  'origin.mjs': "import { runOrigin } from './origin/main.ts'\nawait runOrigin(process.argv.slice(2))",
  'edge.mjs': "import { runEdge } from './edge/main.ts'\nawait runEdge(process.argv.slice(2))",
} as const
export type BundleName = keyof typeof bundles

/** A file that a module reads from its own folder: `readFileSync(new URL('./page.js', import.meta.url), 'utf8')`. */
const readBeside = /readFileSync\(new URL\('(\.\/[^']+)', import\.meta\.url\)(, 'utf8')?\)/g

/**
 * An import of `node:sqlite` would end an older Node before the bundle says which one it needs: imports of one file are all
 * resolved before its first line runs.
 */
const sqliteImport = "import { DatabaseSync } from 'node:sqlite'"
const lateSqlite = "const { DatabaseSync } = process.getBuiltinModule('node:sqlite')"

/** Bun and Deno name a Node as well, one that is new enough. */
const needNode = `{
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 18)) {
    console.error('distributary needs Node 22.18 or later; this is Node ' + process.versions.node +
      '. The Debian package and the binaries of a release need no Node.')
    process.exit(1)
  }
}`

/** Puts files that modules read from their own folders into the bundle: as text, or as bytes where they are read without an encoding. */
const inlineFiles: Plugin = {
  name: 'inline-files',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8')
      const contents = code
        .replace(sqliteImport, lateSqlite)
        .replace(readBeside, (_, beside: string, isText?: string) => {
          const bytes = readFileSync(new URL(beside, `file://${path}`))
          return isText
            ? JSON.stringify(bytes.toString('utf8'))
            : `Buffer.from('${bytes.toString('base64')}', 'base64')`
        })
      return { contents, loader: 'ts' }
    })
  },
}

/**
 * One file with all code in it, for Node 22.18 or later and for Bun: these refuse to read TypeScript inside `node_modules`, or
 * have no `node_modules` at all. The text depends on nothing but the sources.
 */
export async function bundle(name: BundleName): Promise<string> {
  const isCommand = name === 'distributary.mjs'
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: bundles[name], resolveDir: root, sourcefile: name, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22.18',
    charset: 'utf8',
    minifyWhitespace: true, // names stay, for stack traces
    minifySyntax: true,
    legalComments: 'eof',
    define: { 'import.meta.main': 'false' }, // only the entry starts anything
    banner: { js: isCommand ? `#!/usr/bin/env node\n${needNode}` : needNode },
    plugins: [inlineFiles],
    logLevel: 'warning',
  })
  const text = outputFiles[0]?.text ?? ''
  const outside = /import\.meta|\b__require\("/.exec(text)
  if (outside)
    throw new Error(
      `${name} would read a file of its folder: ${text.slice(outside.index - 80, outside.index + 80)}`,
    )
  return text
}
