import { Agenda } from '../../simulate/agenda.ts'

/** of the machine that runs the world: its own timers are taken over while the world runs */
const { setImmediate: nextTurn } = globalThis

/**
 * The only time of the world, in ms. All timers, messages and faults are events on it; between two events every promise that
 * can settle does, so that one seed gives one story.
 */
export class Scheduler {
  #agenda = new Agenda()
  nowMs = 0
  /** events so far */
  steps = 0
  /** timers that are set and neither due nor cancelled, by owner */
  readonly pending = new Map<string, number>()

  /** Adds an event; returns a function that cancels it. */
  at(atMs: number, owner: string, act: () => void): () => void {
    let isPending = true
    this.#count(owner, 1)
    const settle = () => {
      if (!isPending) return false
      isPending = false
      this.#count(owner, -1)
      return true
    }
    this.#agenda.add(Math.max(atMs, this.nowMs), () => {
      if (settle()) act()
    })
    return settle
  }

  /** Lets the time pass up to a moment. @param isOver asked after each event, when all promises have settled */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    await settled()
    if (isOver()) return
    while (this.#agenda.nextDue <= untilMs) {
      this.nowMs = this.#agenda.nextDue
      this.#agenda.runNext()
      await settled()
      this.steps++
      if (isOver()) return
    }
    this.nowMs = untilMs
  }

  #count(owner: string, by: number): void {
    this.pending.set(owner, (this.pending.get(owner) ?? 0) + by)
  }
}

const settled = () => new Promise<void>((resolve) => nextTurn(resolve))
