import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { run } from './command.ts'

/** Why no small disk can be mounted here; undefined where one can. */
export function cannotMount(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'))
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)
    run('umount', folder)
    return undefined
  } catch {
    return 'no tmpfs can be mounted: it needs root, and a container that allows it'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A disk of its own, for as long as a trial lasts. */
export class SmallDisk {
  readonly folder: string

  constructor(cluster: Cluster, name: string, mebibytes: number) {
    this.folder = join(cluster.folder, name)
    mkdirSync(this.folder)
    run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', this.folder)
    cluster.onEnd(() => run('umount', '-l', this.folder))
  }

  /** Leaves no byte free. */
  fill(): void {
    run('sh', '-c', `cat /dev/zero > ${this.#filler} 2>/dev/null || true`)
  }

  /** Ends {@link fill}. */
  clear(): void {
    rmSync(this.#filler, { force: true })
  }

  /** Mounts it again; no program may have a file open for writing. */
  mountAgain(how: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${how}`, this.folder)
  }

  get #filler(): string {
    return join(this.folder, 'filler')
  }
}
