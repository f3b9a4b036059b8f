import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type Program, repo, start } from './process.ts'

/** What the folders of a clone do not hold. */
const notCloned: readonly string[] = ['node_modules', '.git', '.wrangler', 'data', 'coverage']

/** Versions of npm that install our Node and do not link it, by the name that a test has for them. */
const npmVersions = { 'npm 9.2.0': '9.2.0', 'npm 10.9.4': '10.9.4' } as const
export type OldNpm = keyof typeof npmVersions
export const oldNpms = Object.keys(npmVersions) as OldNpm[]

/** Debian 12's */
const nodeVersion = '18.20.8'
/** npm sends no request about packages that this machine has, or about their vulnerabilities and funding */
const quietNpm = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' }
/** ms for what fetches packages */
const fetchMs = 180_000

/** Node 18 and old npms, there while a suite runs. */
export class OldTools {
  #folder = mkdtempSync(join(tmpdir(), 'old-npm-'))
  /** why they could not be had; undefined where they are there */
  missing: string | undefined

  /** Fetches packages as they are packed, and unpacks what is run: Node's has headers and its own npm too. */
  async fetch(): Promise<void> {
    const wanted = {
      node: `node-linux-${process.arch}@${nodeVersion}`,
      ...Object.fromEntries(
        Object.values(npmVersions).map((version) => [`npm-${version}`, `npm@${version}`]),
      ),
    }
    const packed = await this.#run('npm', 'pack', '--silent', '--prefer-offline', ...Object.values(wanted))
    const files = packed?.match(/\S+\.tgz/g) ?? []
    for (const [i, name] of Object.keys(wanted).entries()) {
      mkdirSync(join(this.#folder, name))
      const part = name === 'node' ? ['package/bin/node'] : []
      await this.#run('tar', '-xzf', `${files[i]}`, '-C', name, '--strip-components=1', ...part)
    }
  }

  /** What it printed; undefined if it failed, which `missing` says then. */
  async #run(command: string, ...args: string[]): Promise<string | undefined> {
    if (this.missing !== undefined) return undefined
    const program = start(command, args, { cwd: this.#folder })
    const { code } = await program.exited
    if (code === 0) return program.output()
    this.missing = `${command} ${args.join(' ')} failed:\n${program.output().slice(-2000)}`
    return undefined
  }

  /** A clone of the working tree, and how to run a command in it with that npm and Node 18 on the PATH. */
  clone(npm: OldNpm): Clone {
    const tools = this.#folder
    const bin = join(this.#folder, `bin-${npmVersions[npm]}`)
    mkdirSync(bin, { recursive: true })
    symlinkSync(join(tools, 'node/bin/node'), join(bin, 'node'))
    for (const name of ['npm', 'npx'])
      symlinkSync(join(tools, `npm-${npmVersions[npm]}/bin/${name}-cli.js`), join(bin, name))
    const folder = mkdtempSync(join(tmpdir(), 'clone-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    cpSync(repo, folder, {
      recursive: true,
      filter: (path) => !notCloned.includes(relative(repo, path)),
    })
    return new Clone(folder, [bin, '/usr/bin', '/bin'].join(delimiter))
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A folder as `git clone` leaves it. */
export class Clone {
  readonly folder: string
  #path: string

  constructor(folder: string, path: string) {
    this.folder = folder
    this.#path = path
  }

  start(command: string, args: readonly string[], env: Record<string, string> = {}): Program {
    const program = start(command, args, { cwd: this.folder, env: { ...quietNpm, ...env, PATH: this.#path } })
    onTestFinished(() => program.stop())
    return program
  }

  /** Runs to the end; what it printed, behind its exit code where that is not 0. */
  async run(command: string, ...args: string[]): Promise<string> {
    const program = this.start(command, args)
    const { code } = await program.exited
    return code === 0 ? program.output() : `exit code ${code}: ${program.output()}`
  }

  /**
   * Takes packages out of its lock, by the npm that wrote it: an old one writes none of the lock's `libc`, and then npm 10 installs what
   * is for musl as well.
   */
  async shorten(packages: readonly string[]): Promise<void> {
    const args = ['uninstall', '--package-lock-only', ...packages]
    const program = start('npm', args, { cwd: this.folder, env: quietNpm })
    onTestFinished(() => program.stop())
    const { code } = await program.exited
    if (code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${program.output()}`)
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true, force: true })
  }
}

/** Fetches the tools for the tests of a suite. */
export function suiteTools(): OldTools {
  const tools = new OldTools()
  beforeAll(() => tools.fetch(), fetchMs)
  afterAll(() => tools.remove())
  return tools
}
