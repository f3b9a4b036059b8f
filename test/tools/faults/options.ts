import { parseArgs } from 'node:util'
import type { EdgeRuntime, OriginRuntime } from '../../kit/process/runtimes.ts'

export const usage = `npm run faults -- NAME…   does faults to a cluster of real programs, and checks what must hold; all: each in turn

  --minutes M        of each fault (1); at least one round is played
  --seed S           of the moments and the choices (the time of day)
  --listeners N      who check every frame, a fifth of them by HLS, and come back as players do (300)
  --edge RUNTIME     node, bun, deno or workers, which is workerd (by the seed)
  --origins RUNTIME  node or bun (by the seed)`

export interface Options {
  names: readonly string[]
  minutes: number
  seed: number
  listeners: number
  edge: EdgeRuntime
  origins: OriginRuntime
}

const edges: readonly EdgeRuntime[] = ['node', 'bun', 'deno', 'workers']
const origins: readonly OriginRuntime[] = ['node', 'bun']

/** Reads `kill-edge --minutes 5 --seed 7`. Throws at any other argument. */
export function parseOptions(args: readonly string[], nowMs: number): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Math.floor(nowMs / 1000) % 1_000_000) },
      listeners: { type: 'string', default: '300' },
      edge: { type: 'string' },
      origins: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const seed = numberIn('--seed', values.seed)
  return {
    // without names, the list of faults and options is printed
    names: values.help ? [] : positionals,
    minutes: numberIn('--minutes', values.minutes),
    seed,
    listeners: numberIn('--listeners', values.listeners),
    edge: runtimeIn('--edge', values.edge, edges, seed),
    origins: runtimeIn('--origins', values.origins, origins, seed),
  }
}

function numberIn(name: string, text: string): number {
  if (!/^\d{1,9}(?:\.\d+)?$/.test(text)) throw new Error(`${name} is "${text}", expected a number`)
  return Number(text)
}

function runtimeIn<T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly T[],
  seed: number,
): T {
  const found = text === undefined ? allowed[seed % allowed.length] : allowed.find((each) => each === text)
  if (!found) throw new Error(`${name} is "${text}", expected ${allowed.join(', ')}`)
  return found
}
