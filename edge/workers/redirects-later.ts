import type { Server } from '../../shared/draw/server.ts'
import type { Delta } from './exchange.ts'

/** Redirects to one server that no snapshot contains yet, and what they take of its line; of both, what is being sent. */
interface Count {
  redirects: number
  sent: number
  kbps: number
  sentKbps: number
}

type Debit = Pick<Server, 'debit' | 'debitKbps'>
const noDebit: Debit = { debit: 0, debitKbps: 0 }

/** The redirects of an isolate that the object does not know yet, and those of all isolates as far as it knows them. */
export class RedirectsLater {
  /** by server: its debit as the object knows it */
  #debits = new Map<string, Debit>()
  /** by server */
  #counts = new Map<string, Count>()

  /** servers with redirects that the object does not know */
  get size(): number {
    return this.#counts.size
  }

  /** The object has told the debit of a server. */
  know(id: string, { debit, debitKbps }: Debit): void {
    this.#debits.set(id, { debit, debitKbps })
  }

  /** The object has removed a server. */
  forget(id: string): void {
    this.#debits.delete(id)
  }

  /** A listener was redirected to a server. @param kbps what it takes of the server's line */
  add(id: string, kbps: number): void {
    const count = this.#counts.get(id) ?? { redirects: 0, sent: 0, kbps: 0, sentKbps: 0 }
    count.redirects++
    count.kbps += kbps
    this.#counts.set(id, count)
  }

  /** The redirects to a server since its last report: by all isolates as far as the object knows them, and those of this one that it does not. */
  debitOf(id: string): Debit {
    const { debit, debitKbps } = this.#debits.get(id) ?? noDebit
    const own = this.#counts.get(id)
    return { debit: debit + (own?.redirects ?? 0), debitKbps: debitKbps + (own?.kbps ?? 0) }
  }

  /** Those that are not being sent yet: from now on they are. */
  take(): Delta[] {
    const deltas: Delta[] = []
    for (const [id, count] of this.#counts) {
      if (count.redirects > count.sent)
        deltas.push({ id, redirects: count.redirects - count.sent, kbps: count.kbps - count.sentKbps })
      count.sent = count.redirects
      count.sentKbps = count.kbps
    }
    return deltas
  }

  /** The object knows them. */
  landed(deltas: readonly Delta[]): void {
    this.#settle(deltas, true)
  }

  /** They could not be sent: the next call sends them. */
  giveBack(deltas: readonly Delta[]): void {
    this.#settle(deltas, false)
  }

  /** The runtime dropped a call: nobody knows whether it arrived, so all are sent again. */
  unsend(): void {
    for (const count of this.#counts.values()) {
      count.sent = 0
      count.sentKbps = 0
    }
  }

  #settle(deltas: readonly Delta[], landed: boolean): void {
    for (const { id, redirects, kbps } of deltas) {
      const count = this.#counts.get(id)
      if (!count) continue
      count.sent = Math.max(0, count.sent - redirects)
      count.sentKbps = Math.max(0, count.sentKbps - kbps)
      if (landed) {
        count.redirects -= redirects
        count.kbps -= kbps
      }
      if (count.redirects <= 0) this.#counts.delete(id)
    }
  }
}
