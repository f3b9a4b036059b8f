import type { Feed } from '../../../../origin/mount/feed.ts'
import type { Mount } from '../../../../shared/mount.ts'
import type { World } from '../world.ts'
import { frameBytes, frameMs, writeFrame } from './frames.ts'
import type { OriginProgram } from './origin.ts'
import type { Site } from './site.ts'

/** ms between two pieces of audio: what a listener hears is not the matter here, and each piece costs every server some work */
const pieceMs = 2000
/** ms until an encoder connects again */
const againMs = { least: 500, spread: 2000 }

/** The n-th piece of an encoder: as much audio as the time between two of them. */
function pieceOf(encoder: number, n: number): Uint8Array {
  const first = Math.floor((n * pieceMs) / frameMs)
  const count = Math.floor(((n + 1) * pieceMs) / frameMs) - first
  const piece = new Uint8Array(count * frameBytes)
  for (let i = 0; i < count; i++) writeFrame(piece, i * frameBytes, encoder, first + i)
  return piece
}

/** An encoder that feeds one mount of a master, and connects again whenever it has to. */
export class Encoder {
  readonly site: Site
  readonly mount: Mount
  readonly #world: World
  readonly #roll: () => number
  /** off: its studio plays nothing */
  isOn = true
  /** its line is dead, and nobody has said so */
  isSilent = false
  #feed: Feed | undefined
  #at: OriginProgram | undefined
  readonly #number: number
  #pieces = 0

  /** @param number of this encoder among all */
  constructor(world: World, site: Site, mount: Mount, number: number) {
    this.#number = number
    this.site = site
    this.mount = mount
    this.#world = world
    this.#roll = world.rolls(`encoder ${site.host} ${mount}`)
    this.#world.after(this.#roll() * pieceMs, () => this.#play())
  }

  /** The encoder hangs up. */
  stop(): void {
    this.isOn = false
    const { origin } = this.site
    if (origin && origin === this.#at) origin.process.run(() => this.#feed?.end())
    this.#feed = undefined
  }

  #play(): void {
    this.#world.after(pieceMs, () => this.#play())
    if (!this.isOn || this.isSilent) return
    const { origin } = this.site
    if (origin !== this.#at) this.#feed = undefined
    if (!this.#feed) {
      this.#world.after(againMs.least + this.#roll() * againMs.spread, () => this.#connect())
      return
    }
    const feed = this.#feed
    origin?.process.run(() => feed.push(pieceOf(this.#number, this.#pieces++)))
  }

  #connect(): void {
    const { origin } = this.site
    if (this.#feed || !this.isOn || !origin || origin.isLeaving) return
    this.#at = origin
    origin.process.run(() => {
      const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
      const onClosed = () => {
        this.#feed = undefined
      }
      const feed = origin.state.mounts.open(this.mount, { ...info, onClosed })
      if (feed === 'in use') return
      this.#feed = feed
      feed.push(pieceOf(this.#number, this.#pieces++))
    })
  }
}
