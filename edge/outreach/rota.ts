/** When to visit a member again, and what to remember about it until then. */
export interface Next<S> {
  /** from the start of this visit */
  pauseMs: number
  state: S | undefined
}

export interface RotaDeps<T, S> {
  members: () => ReadonlyMap<string, T>
  /** If a member's key has changed since its last visit, it is due at once, and nothing is remembered about it. */
  keyOf: (member: T) => unknown
  /** Must not reject. */
  visit: (member: T, state: S | undefined) => Promise<Next<S>>
  nowMs: () => number
  /** visits at the same time */
  atOnce: number
}

interface Entry<S> {
  key: unknown
  dueMs: number
  state: S | undefined
}

/** Visits each of many members repeatedly, each after its own pause, a few at a time. It does not set timers. */
export class Rota<T, S> {
  #deps: RotaDeps<T, S>
  #entries = new Map<string, Entry<S>>()
  #queue: string[] = []
  /** members in the queue or being visited */
  #busy = new Set<string>()
  #lanes = 0

  constructor(deps: RotaDeps<T, S>) {
    this.#deps = deps
  }

  /** Visits all members that are due; resolves when the visits that it started are done. */
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

  /** When the next visit is due; undefined if there are no members. */
  nextMs(): number | undefined {
    let next: number | undefined
    for (const [id, member] of this.#deps.members())
      next = Math.min(next ?? Number.POSITIVE_INFINITY, this.#dueMs(id, member))
    return next
  }

  /** The memory of a member, if its key is still the one that was visited. */
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
