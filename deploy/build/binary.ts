import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { root } from './bundle.ts'
import { run } from './run.ts'

/** Debian's and Docker's names of the machines for which there is a binary. */
export const architectures = ['amd64', 'arm64'] as const
export type Architecture = (typeof architectures)[number]

interface BunPackage {
  name: string
  /** of the version in package.json, as `npm view NAME@VERSION dist.integrity` prints it: change both together */
  integrity: string
}

/** The packages that have Bun for a machine. That for amd64 needs no AVX2, which the processors of cheap VPSes do not show. */
const bunPackages: Readonly<Record<Architecture, BunPackage>> = {
  amd64: {
    name: '@oven/bun-linux-x64-baseline',
    integrity:
      'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
  },
  arm64: {
    name: '@oven/bun-linux-aarch64',
    integrity:
      'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  },
}

/** Downloads Bun for a machine into a folder, by npm, and compares its digest with the known one. Returns the program's path. */
export function fetchBun(architecture: Architecture, folder: string): string {
  const { name, integrity } = bunPackages[architecture]
  const wanted = `${name}@${manifest.devDependencies.bun}`
  const archive = run('npm', ['pack', '--silent', wanted], folder).trim()
  const found = createHash('sha512')
    .update(readFileSync(join(folder, archive)))
    .digest('base64')
  if (integrity !== `sha512-${found}`)
    throw new Error(`${wanted} is sha512-${found}, expected ${integrity}; deploy/build/binary.ts has it`)
  run('tar', ['-xzf', archive, 'package/bin/bun'], folder)
  rmSync(join(folder, archive))
  return join(folder, 'package/bin/bun')
}

/**
 * Makes one program of a bundle and a Bun: it needs no Node, only the C library.
 *
 * @param bun the Bun inside; undefined: that of `npm ci`, for this machine
 */
export function compile(bundle: string, out: string, bun?: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'compile-'))
  try {
    // names end up inside the program: they are the same on every machine
    writeFileSync(join(folder, 'distributary.mjs'), bundle)
    const inside = bun === undefined ? [] : [`--compile-executable-path=${bun}`]
    // a .env or bunfig.toml in the folder where somebody types the command is not meant for it
    const alone = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig']
    const flags = ['build', '--compile', ...alone, ...inside, 'distributary.mjs', '--outfile', 'distributary']
    run(join(root, 'node_modules/.bin/bun'), flags, folder)
    copyFileSync(join(folder, 'distributary'), out)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
