import type { OriginConfig } from '../config/config.ts'
import type { Timers } from '../lib/timers.ts'
import type { Mounts } from '../mount/mounts.ts'
import { Directory, type DirectoryDeps, type ListedMount } from './directory.ts'
import { ypLimits } from './limits.ts'
import { publicStream } from './public-stream.ts'

export interface DirectoriesDeps extends DirectoryDeps {
  config: Pick<OriginConfig, 'directories' | 'mounts' | 'publicUrls' | 'limits'>
  mounts: Pick<Mounts, 'list'>
  timers: Timers
}

/** Keeps the directories informed about the public mounts. */
export class Directories {
  #deps: DirectoriesDeps
  #directories: Directory[] = []
  #stop = () => {}

  constructor(deps: DirectoriesDeps) {
    this.#deps = deps
  }

  start(): void {
    this.look()
    this.#stop = this.#deps.timers.after(ypLimits.lookMs, () => this.start())
  }

  /** Removes all mounts from all directories that can be reached. */
  async leave(): Promise<void> {
    this.#stop()
    await Promise.all(this.#directories.map((directory) => directory.leave()))
  }

  look(): void {
    this.#follow(this.#deps.config.directories)
    if (this.#directories.length === 0) return
    const mounts = this.#publicMounts()
    for (const directory of this.#directories) directory.look(mounts)
  }

  /** Starts newly configured directories, leaves removed ones, and keeps the others. */
  #follow(wanted: OriginConfig['directories']): void {
    const isSame = (a: Directory['settings'], b: Directory['settings']) =>
      a.url === b.url && a.timeoutMs === b.timeoutMs && a.touchMs === b.touchMs
    const kept = this.#directories.filter(({ settings }) => wanted.some((other) => isSame(settings, other)))
    for (const directory of this.#directories) if (!kept.includes(directory)) void directory.leave()
    const begun = wanted
      .filter((settings) => !kept.some((other) => isSame(settings, other.settings)))
      .map((settings) => new Directory(settings, this.#deps))
    this.#directories = [...kept, ...begun]
  }

  #publicMounts(): ListedMount[] {
    const { mounts, config } = this.#deps
    return mounts.list().flatMap((mount) => {
      const stream = publicStream(mount, config)
      return stream ? [{ name: mount.name, startedAtMs: mount.startedAtMs, stream }] : []
    })
  }
}
