/** Runs a bounded number of tasks, and lets a bounded number wait for their turn, in order. */
export class TaskQueue {
  #atOnceMax: number
  #waitingMax: number
  #running = 0
  #waiting: (() => void)[] = []
  #idle: (() => void)[] = []

  constructor({ atOnceMax, waitingMax }: { atOnceMax: number; waitingMax: number }) {
    this.#atOnceMax = atOnceMax
    this.#waitingMax = waitingMax
  }

  /** Runs a task when its turn comes; undefined at once if too many wait already. Rejects if the task does. */
  run<T>(task: () => Promise<T>): Promise<T> | undefined {
    if (this.#running < this.#atOnceMax) return this.#start(task)
    if (this.#waiting.length >= this.#waitingMax) return undefined
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#start(task))))
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  async #start<T>(task: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await task()
    } finally {
      this.#running--
      this.#waiting.shift()?.()
      if (this.#running === 0 && this.#waiting.length === 0) for (const tell of this.#idle.splice(0)) tell()
    }
  }
}
