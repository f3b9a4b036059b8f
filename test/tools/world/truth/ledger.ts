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
}

/** A listener, as far as the rules of a redirect know it. */
export interface ListenerTruth {
  mount: Mount
  country: string | undefined
  isRelay: boolean
  /** the server that sent it back */
  except: string | undefined
}

/**
 * What one decider must know, written down by an observer who sees only reports, answers and deeds of operators. All rules of a
 * redirect are implemented here a second time, so that the programs are not tested against themselves.
 */
export class Ledger {
  readonly told = new Map<string, Told>()
  /** the newest report of each server that was answered 200, so that it is stored */
  readonly acknowledged = new Map<string, Told>()
  readonly drained = new Set<string>()
  /** servers whose drains a power cut may have taken back, or brought back */
  readonly doubtfulDrains = new Set<string>()
  readonly #silence: Silence

  /** @param ownId of a master that decides itself */
  constructor(ownId?: string) {
    this.#silence = new Silence(ownId)
  }

  /** The decider used a report: it answered 200, or that it could not store it. */
  heard(report: Report, atMs: number, isStored: boolean): void {
    const { id } = report
    this.#silence.heard(this.told, atMs)
    this.told.set(id, { report, atMs, isDoubtful: false })
    if (isStored) this.acknowledged.set(id, { report, atMs, isDoubtful: false })
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

  drain(id: string, isDrained: boolean): void {
    this.doubtfulDrains.delete(id)
    if (isDrained) this.drained.add(id)
    else this.drained.delete(id)
  }

  /** @param as a stored report that is lost leaves the drain */
  forget(id: string, as: 'deleted' | 'lost' = 'deleted'): void {
    this.told.delete(id)
    this.acknowledged.delete(id)
    if (as === 'deleted') this.drain(id, false)
  }

  /** The decider starts again with what was stored; its clock may have been set back. */
  restart(nowMs: number): void {
    for (const [id, told] of this.told)
      if (!told.isDoubtful && !this.acknowledged.has(id)) this.told.delete(id)
    for (const [id, stored] of this.acknowledged)
      this.told.set(id, { ...stored, atMs: Math.min(stored.atMs, nowMs) })
    this.#silence.restart(this.told)
  }

  /** A power cut took back what was not synced: older reports may count again. */
  doubt(): void {
    for (const told of [...this.told.values(), ...this.acknowledged.values()]) told.isDoubtful = true
    for (const id of [...this.drained, ...this.told.keys()]) this.doubtfulDrains.add(id)
    this.#silence.doubt()
  }

  /** Why this server must not get this listener now; undefined if it may. */
  forbids(id: string, { mount, country, isRelay, except }: ListenerTruth, nowMs: number): string | undefined {
    const told = this.told.get(id)
    if (!told) return 'it never reported'
    if (told.isDoubtful) return undefined
    const { report } = told
    if (isRelay) return report.role === 'master' ? undefined : 'a relay needs a master'
    if (id === except) return 'it sent this listener back'
    if (this.drained.has(id) && !this.doubtfulDrains.has(id)) return 'it is drained'
    if (report.state !== 'up') return `it is ${report.state}`
    const { allow = false, codes = [] } = report.countries ?? {}
    const isListed = country !== undefined && codes.includes(country)
    if (report.countries && isListed !== allow) return `it does not serve ${country}`
    const at = report.mounts.findIndex((each) => each.mount === mount)
    if (at < 0) return `it does not carry ${mount}`
    const isExcused = this.#silence.excuses(this.told, id, nowMs)
    const heard = { report, atS: told.atMs / 1000 }
    if (!isForbidden(heard, at, nowMs / 1000, isExcused)) return undefined
    const lateMs = nowMs - told.atMs - spanMs(report)
    return lateMs > 0 && !isExcused
      ? `it is stale since ${Math.round(lateMs)} ms`
      : 'it is full by its own report'
  }

  /** Servers that could have got this listener by what the decider knows. */
  candidates(listener: ListenerTruth, nowMs: number): string[] {
    return [...this.told].flatMap(([id, { isDoubtful, report, atMs }]) => {
      const isClear = !isDoubtful && !this.doubtfulDrains.has(id) && nowMs - atMs <= spanMs(report)
      return isClear && this.forbids(id, listener, nowMs) === undefined ? [id] : []
    })
  }
}
