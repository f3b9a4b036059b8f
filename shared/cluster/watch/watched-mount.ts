import type { Mount } from '../../mount.ts'
import type { AboutMount } from '../../report/about-mount.ts'
import type { ClusterEvent, EventKind } from './event.ts'
import { Facet } from './facet.ts'

/** A server that carries a mount now, or has just ceased to. */
export interface Cause {
  server: string
  atMs: number
}

/** What events have told about one mount, and what they have not told yet. */
export class WatchedMount {
  /** live servers that carry it, and the masters among them */
  carriers = 0
  masters = 0
  readonly #mount: Mount
  readonly #isUp = new Facet(false)
  /** false: it had a master while it was up, and has none now. Like the next two it is made when it is needed: mounts are many */
  #isMastered: Facet<boolean> | undefined
  #since: Facet<string | undefined> | undefined
  #title: Facet<string | undefined> | undefined
  /** the master whose words these are */
  #speaker: string | undefined
  #about: AboutMount | undefined
  /** the server that changed its carriers last */
  #server: string | undefined
  #hasHadMaster = false

  constructor(mount: Mount) {
    this.#mount = mount
  }

  get isTold(): boolean {
    return (
      this.#isUp.isTold &&
      (this.#isMastered?.isTold ?? true) &&
      (this.#since?.isTold ?? true) &&
      (this.#title?.isTold ?? true)
    )
  }
  /** no live server carries it, and all is told: it is kept only so that one that comes and goes is not told each time */
  get isOver(): boolean {
    return this.carriers === 0 && this.isTold
  }
  /** since when it has been up or lost */
  get sinceMs(): number {
    return this.#isUp.sinceMs
  }

  /** Takes the present numbers of carriers and masters as known, without an event. */
  restored(): void {
    this.#isUp.settle(this.carriers > 0)
    this.#hasHadMaster = this.masters > 0
  }

  /** The numbers of its carriers or masters have changed. */
  changed({ server, atMs }: Cause, nowMs: number): ClusterEvent[] {
    this.#server = server
    this.#isUp.set(this.carriers > 0, atMs)
    if (this.masters > 0) this.#hasHadMaster = true
    else {
      this.#speaker = undefined
      this.#about = undefined
    }
    if (this.carriers === 0) this.#end()
    const isMastered = this.masters > 0 || !this.#hasHadMaster
    if (!isMastered) this.#isMastered ??= new Facet(true)
    this.#isMastered?.set(isMastered, atMs)
    return this.tell(nowMs)
  }

  /** After it is lost nothing more is told: with its next source everything about it begins again. */
  #end(): void {
    this.#hasHadMaster = false
    this.#isMastered?.settle(true)
    this.#title?.settle(undefined)
  }

  /** The master that relays are sent to has reported these words about it. */
  described(server: string, about: AboutMount | undefined, nowMs: number): ClusterEvent[] {
    const isNew = this.#speaker !== server
    const before = this.#about
    this.#speaker = server
    this.#about = about
    if (!isNew && hasSameWords(before, about)) return []
    // the first words belong to the beginning of the mount, and with another master it begins again
    this.#since = described(this.#since, about?.since, isNew, nowMs)
    const title = [about?.artist, about?.title].filter(Boolean).join(' – ') || undefined
    this.#title = described(this.#title, title, isNew && this.#title?.value === undefined, nowMs)
    return this.tell(nowMs)
  }

  /** The events about everything that has changed and may be told now. */
  tell(nowMs: number): ClusterEvent[] {
    if (this.isTold) return []
    const events: ClusterEvent[] = []
    const tell = <V>(facet: Facet<V> | undefined, kindOf: (value: V) => EventKind, server?: string) => {
      if (facet?.tell(nowMs)) events.push(this.#event(kindOf(facet.value), facet, server))
    }
    tell(this.#isUp, (isUp) => (isUp ? 'mount up' : 'mount lost'), this.#server)
    tell(this.#isMastered, (is) => (is ? 'mount has a master' : 'mount has no master'), this.#server)
    tell(this.#since, () => 'source changed', this.#speaker)
    tell(this.#title, () => 'title changed', this.#speaker)
    return events
  }

  #event(kind: EventKind, { value, sinceMs }: Facet<unknown>, server: string | undefined): ClusterEvent {
    return {
      at: Math.round(sinceMs),
      kind,
      ...(server !== undefined && { server }),
      mount: this.#mount,
      ...(typeof value === 'string' && { detail: value }),
    }
  }
}

const hasSameWords = (a: AboutMount | undefined, b: AboutMount | undefined): boolean =>
  a?.since === b?.since && a?.title === b?.title && a?.artist === b?.artist

/** Takes a new word about a mount: silently if it is the first, or none. */
function described(
  facet: Facet<string | undefined> | undefined,
  word: string | undefined,
  isFirst: boolean,
  nowMs: number,
): Facet<string | undefined> | undefined {
  if (!facet && word === undefined) return undefined
  facet ??= new Facet<string | undefined>(undefined)
  if (isFirst || word === undefined) facet.settle(word)
  else facet.set(word, nowMs)
  return facet
}
