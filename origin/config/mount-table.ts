import type { Mount } from '../../shared/mount.ts'
import type { Wildcard } from '../lib/wildcard.ts'
import { limits } from '../limits.ts'
import type { MountSettings } from './mount-settings.ts'
import { type MountBlock, type MountBlocks, settingsOf } from './xml/mount-blocks.ts'

/** The `<mount>` blocks of a file. */
export class MountTable {
  /** mounts that have a block by their exact name */
  readonly known: readonly Mount[]
  /** whether some block sets a login for the sources of its mounts */
  readonly takesSources: boolean
  #exact: ReadonlyMap<Mount, MountBlock>
  #patterns: readonly { pattern: Wildcard; block: MountBlock }[]
  #default: MountBlock | undefined
  /** the cache: names looked up since it was last full, and those before */
  #recent = new Map<Mount, MountSettings>()
  #older = new Map<Mount, MountSettings>()
  /** fallbacks that the admin set after the file was read */
  #fallbacks = new Map<Mount, Mount>()

  constructor(blocks: MountBlocks) {
    this.#exact = blocks.exact
    this.#patterns = blocks.patterns
    this.#default = blocks.fallback
    this.known = [...blocks.exact.keys()]
    const all = [...blocks.exact.values(), ...blocks.patterns.map(({ block }) => block), blocks.fallback]
    this.takesSources = all.some(
      (block) =>
        block?.told.password !== undefined ||
        (block?.auth?.type === 'url' && block.auth.streamAuth !== undefined),
    )
  }

  /**
   * The settings of a mount: its own block, else the first block whose wildcard matches, over `type="default"`. A mount that
   * has a block does not inherit `<authentication>`, as in Icecast 2.4.
   *
   * A mount in use keeps the same object, however many other names are looked up: its intro is cached by that object.
   */
  of(name: Mount): MountSettings {
    const recent = this.#recent.get(name)
    if (recent) return recent
    const settings = this.#older.get(name) ?? this.#look(name)
    if (this.#recent.size >= limits.mountNamesKeptMax) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, settings)
    return settings
  }

  /** Sets the fallback of a mount until the file is read again, which replaces this table. */
  setFallback(name: Mount, fallback: Mount): void {
    this.#fallbacks.set(name, fallback)
    this.#recent.delete(name)
    this.#older.delete(name)
  }

  #look(name: Mount): MountSettings {
    const own = this.#exact.get(name) ?? this.#patterns.find(({ pattern }) => pattern(name))?.block
    const fallback = this.#fallbacks.get(name)
    return settingsOf(
      { ...this.#default?.told, ...own?.told, ...(fallback && { 'fallback-mount': fallback }) },
      [...(this.#default?.headers ?? []), ...(own?.headers ?? [])],
      (own ?? this.#default)?.auth,
    )
  }
}
