import type { Program } from './process.ts'

/** What a program prints as lines of JSON, read as it comes. @typeParam T of each line */
export class NewLines<T> {
  readonly #program: Program
  /** how much of its output was taken */
  #read = 0

  constructor(program: Program) {
    this.#program = program
  }

  /** The whole lines since the last call. */
  take(): T[] {
    const output = this.#program.output()
    const end = output.lastIndexOf('\n') + 1
    const lines = output.slice(this.#read, end).split('\n').filter(Boolean)
    this.#read = end
    return lines.map((line) => JSON.parse(line))
  }
}
