import { printBasic } from '../../../shared/http/credentials.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { StreamListEntry } from '../../../shared/report/stream-list.ts'
import type { MasterSettings } from '../../config/xml/master-settings.ts'
import { relayLimits } from '../limits.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { type StreamListDeps, StreamListPoller } from './list-poller.ts'
import { mergeLists } from './merged-lists.ts'

export interface MastersDeps extends StreamListDeps {
  /** in order of preference */
  masters: () => readonly MasterSettings[]
  /** the merged list has changed; `named` are the mounts that one master has just listed */
  onLists: (merged: ReadonlyMap<Mount, readonly Upstream[]>, named: readonly Mount[]) => void
}

interface Told {
  poller: StreamListPoller
  /** empty until its first list */
  entries: readonly StreamListEntry[]
  /** undefined until the first answer or failure */
  isAnswering: boolean | undefined
}

/** A slave's masters: each one's list is polled, and the lists are merged. */
export class Masters {
  #deps: MastersDeps
  #told: Told[] = []
  #merged: ReadonlyMap<Mount, readonly Upstream[]> = new Map()
  /** until this time (ms) nothing is reported: a master has not answered for the first time yet */
  #waitsUntilMs = 0

  constructor(deps: MastersDeps) {
    this.#deps = deps
  }

  /** Starts polling the configured masters, or applies changes: unchanged masters are not asked again. */
  configure(): void {
    const { masters } = this.#deps
    const before = this.#told
    this.#waitForFirst()
    this.#told = masters().map(
      (master) => before.find(({ poller }) => isSame(poller.master, master)) ?? this.#begin(master),
    )
    for (const told of before) if (!this.#told.includes(told)) told.poller.stop()
    if (before.length > 0) this.#tell([])
  }

  /** A relay has ended: the lists may have changed. */
  hurry(): void {
    for (const { poller } of this.#told) poller.hurry(relayLimits.hurriedListMs)
  }

  /** A listener requested a mount that no list names: it may be new. */
  askForNew(): void {
    for (const { poller } of this.#told) poller.hurry(relayLimits.curiousListMs)
  }

  stop(): void {
    for (const { poller } of this.#told) poller.stop()
  }

  #begin(master: MasterSettings): Told {
    const told: Told = {
      entries: [],
      isAnswering: undefined,
      poller: new StreamListPoller(master, this.#deps, {
        listed: (entries) => {
          told.entries = entries
          told.isAnswering = true
          this.#tell(entries.map(({ mount }) => mount))
        },
        away: () => {
          const isNews = told.isAnswering !== false
          told.isAnswering = false
          if (isNews) this.#tell([])
        },
      }),
    }
    told.poller.start()
    return told
  }

  #waitForFirst(): void {
    const { timers, nowMs } = this.#deps
    this.#waitsUntilMs = nowMs() + relayLimits.firstListsMs
    timers.after(relayLimits.firstListsMs, () => this.#tell([]))
  }

  #tell(named: readonly Mount[]): void {
    const isEarly = this.#told.some(({ isAnswering }) => isAnswering === undefined)
    if (isEarly && this.#deps.nowMs() < this.#waitsUntilMs) return
    const lists = this.#told.map(({ poller, entries, isAnswering = false }) => {
      const { url } = poller.master
      return { url, authorization: printBasic(poller.master), entries, isAnswering }
    })
    this.#merged = mergeLists(lists, this.#merged)
    this.#deps.onLists(this.#merged, named)
  }
}

const isSame = (a: MasterSettings, b: MasterSettings) =>
  a.url === b.url && a.user === b.user && a.password === b.password
