import { parseArgs } from 'node:util'

export const runtimes = ['bun', 'deno', 'node'] as const
export type BenchRuntime = (typeof runtimes)[number]

/** What a bench measures, and for how long. */
export interface Plan {
  rounds: number
  /** of load in each round, on each program */
  seconds: number
  /** listeners of the fan-out */
  listeners: readonly number[]
  /** the numbers of servers to measure an edge with */
  servers: readonly number[]
  runtimes: readonly BenchRuntime[]
}

/** The parsed command line. */
export interface Wish extends Omit<Plan, 'rounds' | 'seconds'> {
  /** names of benches; all where empty */
  benches: readonly string[]
  /** undefined: the default of each bench */
  rounds: number | undefined
  seconds: number | undefined
  /** a file for the tables, in addition to stdout */
  out: string | undefined
}

/** Reads `redirects --rounds 5 --seconds 3 --servers 100,10000 --listeners 1000 --runtimes bun,node --out FILE`. Throws at any other argument. */
export function parseWish(args: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      listeners: { type: 'string', default: '1000,5000' },
      servers: { type: 'string', default: '10,100,1000,10000' },
      runtimes: { type: 'string', default: runtimes.join() },
      out: { type: 'string' },
    },
  })
  return {
    benches: positionals,
    rounds: values.rounds === undefined ? undefined : positive('--rounds', values.rounds),
    seconds: values.seconds === undefined ? undefined : positive('--seconds', values.seconds),
    listeners: numbersOf('--listeners', values.listeners),
    servers: numbersOf('--servers', values.servers),
    runtimes: values.runtimes.split(',').map(runtimeOf),
    out: values.out,
  }
}

const numbersOf = (name: string, text: string) => text.split(',').map((part) => positive(name, part))

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new Error(`${name} is "${text}", expected an integer from 1 to 999999`)
  return Number(text)
}

function runtimeOf(text: string): BenchRuntime {
  const found = runtimes.find((name) => name === text)
  if (!found) throw new Error(`--runtimes is "${text}", expected ${runtimes.join(', ')}`)
  return found
}
