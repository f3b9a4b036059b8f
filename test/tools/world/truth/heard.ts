import type { Mount } from '../../../../shared/mount.ts'
import { frameBytes, frameHead, numberIn } from '../parts/frames.ts'
import type { World } from '../world.ts'

/** ms of audio that a new listener gets at once (64 KiB of 8 kbit/s), and that an upstream takes until its stream is used */
const burstMs = 65_000 + 25_000

/** Where somebody listens. */
interface Place {
  host: string
  mount: Mount
  /** how often the mount was fed by an upstream since a moment; 0: by a source here */
  feedsSince: (ms: number) => number
}

/**
 * What one connection hears (docs/relays.md#when-an-upstream-fails): whole frames of a source, in order, none twice. Frames are missing only where
 * a relay was fed again, since its upstream was lost, and once for each time.
 */
export class Hearing {
  readonly #world: World
  readonly #place: Place
  readonly #sinceMs: number
  #rest: Uint8Array = new Uint8Array()
  #last: { encoder: number; frame: number } | undefined
  #gaps = 0

  constructor(world: World, place: Place) {
    this.#world = world
    this.#place = place
    this.#sinceMs = world.nowMs - burstMs
  }

  heard(written: Uint8Array): void {
    const bytes = this.#world.tampering.heard?.(written) ?? written
    const whole = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    let at = 0
    for (; at + frameBytes <= whole.length; at += frameBytes) this.#frame(whole, at)
    this.#rest = whole.subarray(at)
  }

  #frame(bytes: Uint8Array, at: number): void {
    if (!frameHead.every((byte, i) => bytes[at + i] === byte)) {
      this.#wrong('half a frame')
      return
    }
    const { encoder, frame } = numberIn(bytes, at)
    const last = this.#last
    this.#last = { encoder, frame }
    if (!last || (last.encoder === encoder && frame === last.frame + 1)) return
    if (last.encoder === encoder && frame <= last.frame) this.#wrong(`frame ${frame} after ${last.frame}`)
    else this.#missing(last.frame, frame)
  }

  #missing(before: number, after: number): void {
    this.#gaps++
    this.#world.bites.note('frames missing where a relay was fed again')
    const feeds = this.#place.feedsSince(this.#sinceMs)
    if (this.#gaps > feeds)
      this.#wrong(`frame ${after} after ${before}, and its mount was fed ${feeds} times`)
  }

  #wrong(what: string): void {
    const { host, mount } = this.#place
    this.#world.violate('listeners hear whole frames, in order', `${host} at ${mount}: ${what}`)
  }
}
