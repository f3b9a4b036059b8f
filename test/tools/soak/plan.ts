import { parseArgs } from 'node:util'

export const parts = ['peers', 'listeners', 'hls'] as const
export type Part = (typeof parts)[number]

/** What the soak runs, and for how long. */
export interface Plan {
  parts: readonly Part[]
  /** of listeners who come and go */
  minutes: number
  /** how many of them there are at any time */
  listeners: number
  /** s that each encoder and each player plays */
  peerSeconds: number
  /** the file that the curves are drawn into */
  svg: string | undefined
}

/** Reads `listeners --minutes 5 --listeners 100 --svg FILE`, and `SOAK_MINUTES`. Throws at any other argument. */
export function parsePlan(args: readonly string[], env: Record<string, string | undefined>): Plan {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: env.SOAK_MINUTES ?? '60' },
      listeners: { type: 'string', default: '500' },
      'peer-seconds': { type: 'string', default: '60' },
      svg: { type: 'string' },
    },
  })
  return {
    parts: positionals.length === 0 ? parts : positionals.map(partOf),
    minutes: positive('--minutes', values.minutes),
    listeners: positive('--listeners', values.listeners),
    peerSeconds: positive('--peer-seconds', values['peer-seconds']),
    svg: values.svg,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 100_000))
    throw new Error(`${name} is "${text}", expected a number from 0 to 100000`)
  return value
}

function partOf(text: string): Part {
  const found = parts.find((name) => name === text)
  if (!found) throw new Error(`soak is "${text}", expected ${parts.join(' or ')}`)
  return found
}
