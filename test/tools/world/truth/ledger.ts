import type { Mount } from '../../../../shared/mount.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { isForbidden } from '../../simulate/forbidden.ts'
import { Silence, spanMs } from './silence.ts'

/** What a decider was told of one server last, in the order of its answers. */
export interface Told {
  report: Report
  /** ms by the decider's own clock */
  atMs: number
  /** a power cut may have taken it back */
  isDoubtful: boolean
  /** an icecast-kh that has registered: it names no mounts, and carries those of live masters */
  carriesAll?: boolean | undefined
  /** what it said before, and when this ended it */
  before?: { told: Told; untilMs: number } | undefined
}

/** A listener, as far as the rules of a redirect know it. */
export interface ListenerTruth {
  mount: Mount
  country: string | undefined
  isRelay: boolean
  /** the server that sent it back */
  except: string | undefined
  /** it has its slot there already: neither room nor its country matter */
  isHere?: boolean
}

/** From which moment on an isolate knows what its object knew, in ms of their clock. */
export interface Known {
  /** of all servers */
  allMs: number
  /** when it asked for that */
  askedMs: number
  /** by server, as far as it is later: of one whose report it passed on */
  ownMs: ReadonlyMap<string, number>
}

/**
 * What one decider must know, written down by an observer who sees only reports, answers and actions of operators. All rules of a
 * redirect are implemented here a second time, so that the programs are not tested against themselves.
 */
export class Ledger {
  readonly told = new Map<string, Told>()
  /** the newest report of each server that was answered 200, so that it is stored */
  readonly acknowledged = new Map<string, Told>()
  readonly drained = new Set<string>()
  /** servers whose drains a power cut may have taken back, or brought back */
  readonly doubtfulDrains = new Set<string>()
  /** servers whose stats it reads: their mounts count only while a live master carries them (S6) */
  readonly polled = new Set<string>()
  /** masters that have ever reported themselves */
  readonly mastersEver = new Set<string>()
  readonly #carriesItself: (mount: Mount) => boolean
  readonly #silence: Silence
  /** when a drain began or ended, or a server was forgotten */
  readonly #drainedMs = new Map<string, number>()
  readonly #forgotten = new Map<string, { told: Told; untilMs: number }>()

  /** @param own a master that decides itself: its id, and whether it has a mount now */
  constructor(own?: { id: string; carries: (mount: Mount) => boolean }) {
    this.#carriesItself = own?.carries ?? (() => false)
    this.#silence = new Silence(own?.id)
  }

  /** The decider used a report: it answered 200, or that it could not store it. */
  heard(report: Report, atMs: number, isStored: boolean, carriesAll?: boolean): void {
    const { id } = report
    if (report.role === 'master' && !this.polled.has(id)) this.mastersEver.add(id)
    this.#silence.heard(this.told, atMs)
    // isolates that have not asked since then still know one that was deleted
    const told = { report, atMs, isDoubtful: false, carriesAll }
    this.told.set(id, { ...told, before: this.#lastOf(id, atMs) })
    if (isStored) this.acknowledged.set(id, told)
  }

  /** The newest report of a server that is stored for certain. */
  certain(id: string): Report | undefined {
    const told = this.acknowledged.get(id)
    return told?.isDoubtful === false ? told.report : undefined
  }

  /** What a report of a server would take back, had it been accepted: an older one of the same boot. */
  isOlder({ id, boot, seq = 0 }: Report): boolean {
    const last = this.certain(id)
    return last !== undefined && last.boot === boot && seq < (last.seq ?? 0)
  }

  /** @param nowMs by the decider's clock */
  drain(id: string, isDrained: boolean, nowMs: number): void {
    this.doubtfulDrains.delete(id)
    this.#drainedMs.set(id, nowMs)
    if (isDrained) this.drained.add(id)
    else this.drained.delete(id)
  }

  /** @param as a stored report that is lost leaves the drain */
  forget(id: string, nowMs: number, as: 'deleted' | 'lost' = 'deleted'): void {
    const told = this.told.get(id)
    this.#silence.forgetting(this.told, nowMs)
    if (told) this.#endKnowledge(id, told, nowMs)
    this.acknowledged.delete(id)
    if (as === 'deleted') this.drain(id, false, nowMs)
  }

  /** The decider starts again with what was stored; its clock may have been set back. */
  restart(nowMs: number): void {
    for (const [id, told] of this.told)
      if (!told.isDoubtful && !this.acknowledged.has(id)) this.#endKnowledge(id, told, nowMs)
    for (const [id, stored] of this.acknowledged) {
      // isolates know until they ask again what was not stored
      const before = this.#lastOf(id, nowMs)
      this.told.set(id, { ...stored, atMs: Math.min(stored.atMs, nowMs), before })
    }
    this.#silence.restart(this.told)
  }

  /** A power cut took back what was not synced: older reports may count again. */
  doubt(): void {
    for (const told of [...this.told.values(), ...this.acknowledged.values()]) told.isDoubtful = true
    for (const id of [...this.drained, ...this.told.keys()]) this.doubtfulDrains.add(id)
    this.#silence.doubt()
  }

  #endKnowledge(id: string, told: Told, untilMs: number): void {
    this.told.delete(id)
    this.#forgotten.set(id, { told, untilMs })
  }

  /** What is known of a server now, as something that was known until now. */
  #lastOf(id: string, nowMs: number): Told['before'] {
    const told = this.told.get(id)
    return told ? { told: recent(told, nowMs), untilMs: nowMs } : this.#forgotten.get(id)
  }

  /**
   * Why this server must not get this listener now; undefined if it may.
   * @param known of an isolate
   */
  forbids(id: string, listener: ListenerTruth, nowMs: number, known?: Known): string | undefined {
    const knownMs = known?.allMs ?? nowMs
    const ownMs = Math.max(knownMs, known?.ownMs.get(id) ?? knownMs)
    const isDrained = this.drained.has(id) && knownMs > (this.#drainedMs.get(id) ?? 0)
    if (isDrained && !this.doubtfulDrains.has(id) && !listener.isRelay) return 'it is drained'
    let why: string | undefined
    for (const told of this.#since(id, ownMs)) {
      if (
        (told.carriesAll || this.polled.has(id)) &&
        !this.#hasMaster(listener.mount, nowMs, knownMs, true)
      ) {
        why ??= `no live master carries ${listener.mount}`
        continue
      }
      const isHeld = known !== undefined && this.#isHeldByIsolate(told, nowMs, known.askedMs)
      const wrong = told.isDoubtful ? undefined : this.#forbidsBy(told, listener, nowMs, knownMs, isHeld)
      if (wrong === undefined) return undefined
      why ??= wrong
    }
    return why ?? 'it never reported'
  }

  /** Whether a master that has reported itself is live and carries a mount for certain. */
  hasOwnMaster(mount: Mount, nowMs: number, knownMs = nowMs): boolean {
    return this.#hasMaster(mount, nowMs, knownMs, false)
  }

  /** Whether a live master carries a mount. @param mayBe of one that is not known for certain, that counts too */
  #hasMaster(mount: Mount, nowMs: number, knownMs: number, mayBe: boolean): boolean {
    if (this.#carriesItself(mount)) return true
    const ids = new Set([...this.told.keys(), ...(mayBe ? this.#forgotten.keys() : [])])
    return [...ids].some((id) => {
      const all = [...this.#since(id, knownMs)]
      const isLiveBy = (told: Told) =>
        told.report.role === 'master' &&
        told.report.state !== 'leaving' &&
        [...told.report.mounts].some((each) => each.mount === mount) &&
        (mayBe || (!told.isDoubtful && nowMs - told.atMs < spanMs(told.report) - storedToMs))
      return mayBe ? all.some(isLiveBy) : this.#isKnownSince(id, knownMs) && all.every(isLiveBy)
    })
  }

  /** What was known of a server at a moment or since then, the newest first. */
  *#since(id: string, knownMs: number): Generator<Told> {
    const told = this.told.get(id)
    const forgotten = this.#forgotten.get(id)
    const isStillKnown = (last: Told['before']) => last !== undefined && last.untilMs >= knownMs
    for (let at = told ?? (isStillKnown(forgotten) ? forgotten?.told : undefined); at; ) {
      yield at
      at = isStillKnown(at.before) ? at.before?.told : undefined
    }
  }

  #forbidsBy(
    told: Told,
    listener: ListenerTruth,
    nowMs: number,
    knownMs: number,
    isHeld = false,
  ): string | undefined {
    const { mount, country, isRelay, except, isHere = false } = listener
    const { report } = told
    const { id } = report
    if (isRelay && report.role !== 'master') return 'a relay needs a master'
    if (id === except && !isRelay) return 'it sent this listener back'
    if (report.state !== 'up' && !(isRelay && report.state === 'draining')) return `it is ${report.state}`
    const { allow = false, codes = [] } = report.countries ?? {}
    const isListed = country !== undefined && codes.includes(country)
    if (report.countries && isListed !== allow && !isRelay && !isHere) return `it does not serve ${country}`
    const at = [...report.mounts].findIndex((each) => each.mount === mount)
    if (at < 0 && !told.carriesAll) return `it does not carry ${mount}`
    const lateMs = nowMs - told.atMs - spanMs(report)
    const isExcused = isHeld || this.#silence.excuses(this.told, id, nowMs, knownMs)
    if (lateMs > 0 && !isExcused) return `it is stale since ${Math.round(lateMs)} ms`
    const heard = { report, atS: told.atMs / 1000 }
    return !isRelay && !isHere && isForbidden(heard, at, nowMs / 1000, true)
      ? 'it is full by its own report'
      : undefined
  }

  /** An isolate that does not reach its object keeps in what was live in its last snapshot, which is as old as the question for it. */
  #isHeldByIsolate({ report, atMs }: Told, nowMs: number, askedMs: number): boolean {
    const lagMs = nowMs - askedMs
    if (lagMs <= snapshotStaleMs || lagMs > isolateHoldsMs) return false
    return askedMs <= atMs + spanMs(report) || this.#silence.excuses(this.told, report.id, askedMs, askedMs)
  }

  /** Whether a server is a stock Icecast, which has no objects of HLS. */
  isStock(id: string): boolean {
    return this.polled.has(id) || this.told.get(id)?.carriesAll === true
  }

  /** Servers that could have got this listener by what the decider knows, whatever it knows of the time since `knownMs`. */
  candidates(listener: ListenerTruth, nowMs: number, knownMs = nowMs): string[] {
    return [...this.told].flatMap(([id, { atMs, carriesAll }]) => {
      const all = [...this.#since(id, knownMs)]
      const isCarried =
        (!carriesAll && !this.polled.has(id)) || this.#hasMaster(listener.mount, nowMs, knownMs, false)
      const isClear =
        isCarried &&
        !this.doubtfulDrains.has(id) &&
        !this.drained.has(id) &&
        knownMs > (this.#drainedMs.get(id) ?? 0) &&
        atMs <= nowMs
      const isOpen = (told: Told) =>
        !told.isDoubtful &&
        nowMs - told.atMs < spanMs(told.report) - storedToMs &&
        this.#forbidsBy(told, listener, nowMs, knownMs) === undefined
      return isClear && this.#isKnownSince(id, knownMs) && all.every(isOpen) ? [id] : []
    })
  }

  /** Whether something was known of a server all the time since a moment: an isolate may be as it was at any of these moments. */
  #isKnownSince(id: string, knownMs: number): boolean {
    let told = this.told.get(id)
    while (told && told.atMs >= knownMs) {
      const before: Told['before'] = told.before
      told = before && before.untilMs >= told.atMs ? before.told : undefined
    }
    return told !== undefined
  }
}

/** a store keeps times in whole ms */
const storedToMs = 1
/** ms after which an isolate that does not reach its object draws by its last snapshot, and for how long */
const snapshotStaleMs = 10_000
const isolateHoldsMs = 600_000
/** ms for which it is remembered what a server said before: longer than an isolate can be behind */
const rememberedMs = 700_000

/** The same without what nobody can still know. */
function recent(told: Told, nowMs: number): Told {
  const { before } = told
  if (!before) return told
  return { ...told, before: nowMs - before.untilMs > rememberedMs ? undefined : before }
}
