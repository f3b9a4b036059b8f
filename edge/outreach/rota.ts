/** When a member is to be visited again, and what to remember of it until then. */
export interface Next<S> {
  /** from the beginning of this visit */
  pauseMs: number
  state: S | undefined
}

export interface RotaDeps<T, S> {
  members: () => ReadonlyMap<string, T>
  /** A member whose key is another than at its last visit is due at once, and nothing is remembered of it. */
  keyOf: (member: T) => unknown
  /** Must not reject. */
  visit: (member: T, state: S | undefined) => Promise<Next<S>>
  nowMs: () => number
  /** how many are visited at a time */
  atOnce: number
}

interface Entry<S> {
  key: unknown
  dueMs: number
  state: S | undefined
}

/** Visits each of many members again and again, each after its own pause, few at a time. Sets no timer of its own. */
export class Rota<T, S> {
  #deps: RotaDeps<T, S>
  #entries = new Map<string, Entry<S>>()
  #queue: string[] = []
  /** those in the queue or being visited */
  #busy = new Set<string>()
  #lanes = 0

  constructor(deps: RotaDeps<T, S>) {
    this.#deps = deps
  }

  /** Visits all that are due now; resolves when those that it began have been visited. */
  async run(): Promise<void> {
    const members = this.#deps.members()
    const nowMs = this.#deps.nowMs()
    for (const id of this.#entries.keys()) if (!members.has(id)) this.#entries.delete(id)
    for (const [id, member] of members)
      if (!this.#busy.has(id) && this.#dueMs(id, member) <= nowMs) {
        this.#busy.add(id)
        this.#queue.push(id)
      }
    const lanes: Promise<void>[] = []
    while (this.#lanes < this.#deps.atOnce && this.#queue.length > 0) lanes.push(this.#work())
    await Promise.all(lanes)
  }

  /** When the next visit is due; undefined where there is nobody to visit. */
  nextMs(): number | undefined {
    let next: number | undefined
    for (const [id, member] of this.#deps.members())
      next = Math.min(next ?? Number.POSITIVE_INFINITY, this.#dueMs(id, member))
    return next
  }

  /** What is remembered of a member, where it still is the one that was visited. */
  #entry(id: string, member: T): Entry<S> | undefined {
    const entry = this.#entries.get(id)
    return entry?.key === this.#deps.keyOf(member) ? entry : undefined
  }

  #dueMs(id: string, member: T): number {
    return this.#entry(id, member)?.dueMs ?? 0
  }

  async #work(): Promise<void> {
    this.#lanes++
    for (let id = this.#queue.shift(); id !== undefined; id = this.#queue.shift()) await this.#visit(id)
    this.#lanes--
  }

  async #visit(id: string): Promise<void> {
    const member = this.#deps.members().get(id)
    if (member !== undefined) {
      const startMs = this.#deps.nowMs()
      const { pauseMs, state } = await this.#deps.visit(member, this.#entry(id, member)?.state)
      this.#entries.set(id, { key: this.#deps.keyOf(member), dueMs: startMs + pauseMs, state })
    }
    this.#busy.delete(id)
  }
}
