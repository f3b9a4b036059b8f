import type { News, Version } from '../../../../../shared/news/published-servers.ts'
import type { Known } from '../../truth/ledger.ts'

/** ms by which a moment is later than what happened at it */
const momentMs = 0.001

/** When a page was asked for, made and read. */
interface Moments {
  askedMs: number
  madeMs: number
  nowMs: number
}

/** What an isolate must know by the answers that it got. */
export class Knowledge {
  /** from which moment it knows everything */
  #allMs = Number.NEGATIVE_INFINITY
  #askedMs = Number.NEGATIVE_INFINITY
  /** by server: from which moment it knows what that one reported */
  readonly #ownMs = new Map<string, number>()
  #epoch: string | undefined

  now(): Known {
    return { allMs: this.#allMs, askedMs: this.#askedMs, ownMs: new Map(this.#ownMs) }
  }

  /** A page came. Of two lives of the object, nobody can tell the later one while calls overlap: the isolate has to ask again. */
  page({ epoch, isLast }: News, have: Version | undefined, { askedMs, madeMs, nowMs }: Moments): void {
    if (epoch !== this.#epoch && have?.epoch !== this.#epoch) return
    this.#epoch = epoch
    if (!isLast) return
    this.#allMs = Math.min(nowMs, Math.max(this.#allMs, madeMs))
    this.#askedMs = Math.min(nowMs, Math.max(this.#askedMs, askedMs))
  }

  /** A report was answered, with the server that sent it. */
  accepted(id: string, epoch: string, atMs: number): void {
    if (epoch === this.#epoch) this.#ownMs.set(id, Math.max(this.#ownMs.get(id) ?? 0, atMs + momentMs))
  }
}
