import { parseArgs } from 'node:util'

export const runtimes = ['bun', 'deno', 'node'] as const
export type BenchRuntime = (typeof runtimes)[number]

/** How long is measured, and what. */
export interface Plan {
  /** names of benches; all where empty */
  benches: readonly string[]
  rounds: number
  /** of load in each round, on each program */
  seconds: number
  /** numbers of servers that an edge is measured with */
  servers: readonly number[]
  runtimes: readonly BenchRuntime[]
  /** the file that the tables are written to as well */
  out: string | undefined
}

/** Reads `redirects --rounds 5 --seconds 3 --servers 100,10000 --runtimes bun,node --out FILE`. Throws at what is none of it. */
export function parsePlan(args: readonly string[]): Plan {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      servers: { type: 'string', default: '10,100,1000,10000' },
      runtimes: { type: 'string', default: runtimes.join() },
      out: { type: 'string' },
    },
  })
  return {
    benches: positionals,
    rounds: positive('--rounds', values.rounds),
    seconds: positive('--seconds', values.seconds),
    servers: values.servers.split(',').map((text) => positive('--servers', text)),
    runtimes: values.runtimes.split(',').map(runtimeOf),
    out: values.out,
  }
}

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
