/** `npm run release`: makes every file of a release in `dist/`. `node deploy/release.ts npm` makes what `npm pack` needs. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { architectures, compile, fetchBun } from './build/binary.ts'
import { type BundleName, bundle, bundles, root } from './build/bundle.ts'
import { makeDeb } from './build/deb.ts'
import { run } from './build/run.ts'

const dist = join(root, 'dist')

/** The time that packaged files have: that of the commit, or `SOURCE_DATE_EPOCH`. */
const epoch = () => Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], root))

async function writeBundle(name: BundleName): Promise<string> {
  const text = await bundle(name)
  writeFileSync(join(dist, name), text)
  chmodSync(join(dist, name), 0o755)
  return text
}

/** The types of the JSON that an edge answers, for TypeScript programs. */
function writeTypes(): void {
  rmSync(join(dist, 'types'), { recursive: true, force: true })
  run(join(root, 'node_modules/.bin/tsc'), ['--project', 'edge/tsconfig.api.json'], root)
}

async function release(): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist)
  for (const name of Object.keys(bundles) as BundleName[]) await writeBundle(name)
  writeTypes()
  const command = readFileSync(join(dist, 'distributary.mjs'), 'utf8')
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  for (const architecture of architectures) {
    const binary = join(dist, `distributary-linux-${architecture}`)
    compile(command, binary, fetchBun(architecture, folder))
    const out = join(dist, `distributary_${manifest.version}_${architecture}.deb`)
    makeDeb({ binary, architecture, version: manifest.version, out, epoch: epoch(), compression: 'xz' })
  }
  rmSync(folder, { recursive: true })
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dist], root)
  copyFileSync(join(root, 'deploy/Containerfile'), join(dist, 'Containerfile'))
  rmSync(join(dist, 'types'), { recursive: true }) // they are in the npm package
  const sums = readdirSync(dist)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(dist, name)))
          .digest('hex')}  ${name}\n`,
    )
  writeFileSync(join(dist, 'SHA256SUMS'), sums.join(''))
  console.log(`${sums.join('')}in ${dist}`)
}

const [part] = process.argv.slice(2)
if (part === undefined) await release()
else if (part === 'npm') {
  mkdirSync(dist, { recursive: true })
  await writeBundle('distributary.mjs')
  writeTypes()
} else {
  console.error(`part is ${JSON.stringify(part)}, expected npm, or nothing for a whole release`)
  process.exit(2)
}
