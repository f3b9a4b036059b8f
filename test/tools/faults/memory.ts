import { residentMiB } from './held.ts'

/** rounds after which a slope says something: a third to warm up, and two to compare */
const roundsMin = 9
/** MiB, and the share, by which the least memory of a third may be above that of the third before it */
const [noiseMiB, noiseShare] = [12, 0.1]

/**
 * MiB by which memory still grows after many rounds of the same fault; undefined where it has levelled. The first third is for what is
 * loaded and compiled. Garbage comes and goes, so the least of each third counts.
 */
export function growth(samples: readonly number[]): number | undefined {
  if (samples.length < roundsMin) return undefined
  const third = Math.floor(samples.length / 3)
  const before = Math.min(...samples.slice(-2 * third, -third))
  const more = Math.min(...samples.slice(-third)) - before
  return more > Math.max(noiseMiB, before * noiseShare) ? more : undefined
}

/** The memory of each program after each round, for as long as it runs. */
export class Memory {
  readonly #samples = new Map<number, { name: string; mebibytes: number[] }>()
  readonly #read: (pid: number) => number

  /** @param read MiB of a program */
  constructor(read = residentMiB) {
    this.#read = read
  }

  note({ members }: { members: readonly { name: string; program: { pid: number } }[] }): void {
    for (const { name, program } of members) {
      const { mebibytes } = this.#samples.get(program.pid) ?? this.#begin(program.pid, name)
      mebibytes.push(this.#read(program.pid))
    }
  }

  #begin(pid: number, name: string) {
    const samples = { name, mebibytes: [] }
    this.#samples.set(pid, samples)
    return samples
  }

  /** Programs whose memory grows. */
  faults(): string[] {
    return [...this.#samples.values()].flatMap(({ name, mebibytes }) => {
      const more = growth(mebibytes)
      if (more === undefined) return []
      const all = mebibytes.map(Math.round).join(', ')
      return [
        `${name} grows: ${Math.round(more)} MiB more within a third of ${mebibytes.length} rounds (${all})`,
      ]
    })
  }

  /** The programs that ran through all rounds, for the outcome. */
  told(): string[] {
    return [...this.#samples.values()]
      .filter(({ mebibytes }) => mebibytes.length >= roundsMin)
      .map(({ name, mebibytes }) => `${name} ${mebibytes.map(Math.round).join(', ')} MiB`)
  }
}
