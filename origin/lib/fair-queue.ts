interface Waiting {
  start: () => void
  refuse: () => void
}

/**
 * Runs a bounded number of tasks, and lets a bounded number wait. Holders get turns in order, however many tasks they have.
 * If too many tasks wait, the newest of the holder with most tasks is refused, so one holder cannot block the others.
 */
export class FairQueue {
  #atOnceMax: number
  #waitingMax: number
  #running = 0
  #waiting = 0
  /** in the order of their turns; none is empty */
  #byHolder = new Map<string, Waiting[]>()

  constructor({ atOnceMax, waitingMax }: { atOnceMax: number; waitingMax: number }) {
    this.#atOnceMax = atOnceMax
    this.#waitingMax = waitingMax
  }

  /** Runs a task when its turn comes; `busy` if too many wait. Rejects if the task does. */
  run<T>(holder: string, task: () => Promise<T>): Promise<T | 'busy'> {
    if (this.#running < this.#atOnceMax) return this.#start(task)
    return new Promise((resolve) => {
      const tasks = this.#byHolder.get(holder) ?? []
      this.#byHolder.set(holder, tasks)
      tasks.push({ start: () => resolve(this.#start(task)), refuse: () => resolve('busy') })
      this.#waiting++
      if (this.#waiting > this.#waitingMax) this.#refuseOne()
    })
  }

  #refuseOne(): void {
    let most: [string, Waiting[]] | undefined
    for (const entry of this.#byHolder) if (!most || entry[1].length > most[1].length) most = entry
    if (most) this.#taken(...most, most[1].pop())?.refuse()
  }

  #startNext(): void {
    const [first] = this.#byHolder
    if (!first) return
    const [holder, tasks] = first
    const next = this.#taken(holder, tasks, tasks.shift())
    // the holder moves to the end: its next task waits until the others have had a turn
    if (this.#byHolder.delete(holder)) this.#byHolder.set(holder, tasks)
    next?.start()
  }

  /** Counts a task that was taken out of the queue. */
  #taken(holder: string, tasks: Waiting[], taken: Waiting | undefined): Waiting | undefined {
    this.#waiting--
    if (tasks.length === 0) this.#byHolder.delete(holder)
    return taken
  }

  async #start<T>(task: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await task()
    } finally {
      this.#running--
      this.#startNext()
    }
  }
}
