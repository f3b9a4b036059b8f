import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { allPolicies } from './policies.ts'
import { flashCrowd, grid, type Scenario, scenarios } from './scenarios.ts'
import { peakFill, withPeakFill } from './setting.ts'
import { worldScenarios } from './world/scenarios.ts'

/** the name of all scenarios with sessions of HLS */
const steered = 'steered'
const named = [...scenarios, ...worldScenarios]

export const usage = `npm run simulate -- [options]

  --scenario NAME   one of those listed below, flash for the whole grid, world for all with cities,
                    or steered for sessions of HLS; repeatable; all of them
  --policy NAME     repeatable; all of them
  --servers N, --listeners N (the crowd), --edges N, --interval S, --fill PERCENT
                    override the values of the scenarios
  --seed N          the first seed; default 1
  --seeds N         crowds per scenario, each with its own seed; default 4, for the large scenario always 1
  --quick           one crowd a scenario, and not the large one
  --threads N       ${availableParallelism()} here
  --out DIR         where the plots go; a new folder of the system's for temporary files

scenarios: ${named.map(({ name }) => name).join(', ')}
policies: ${allPolicies.join('; ')}
`

export interface Options {
  scenarios: readonly Scenario[]
  policies: readonly string[]
  seeds: readonly number[]
  threads: number
  out: string | undefined
  /** also the sessions of HLS, which have scenarios of another kind */
  isSteered: boolean
}

/** Reads the command line; throws an error that says which option, which value and what is allowed. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', multiple: true },
      policy: { type: 'string', multiple: true },
      servers: { type: 'string' },
      listeners: { type: 'string' },
      edges: { type: 'string' },
      interval: { type: 'string' },
      fill: { type: 'string' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string' },
      threads: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const number = (
    name: 'servers' | 'listeners' | 'edges' | 'interval' | 'fill' | 'seed' | 'seeds' | 'threads',
    max: number,
    min = 1,
  ) => (values[name] === undefined ? undefined : parseCount(name, values[name], min, max))
  const seed = number('seed', 1_000_000) ?? 1
  const count = number('seeds', 1000) ?? (values.quick ? 1 : 4)
  const change: Change = {
    servers: number('servers', 10_000),
    crowd: number('listeners', 10_000_000),
    edges: number('edges', 10_000),
    intervalS: number('interval', 3600),
    fill: number('fill', 99, 100 * flashCrowd.startFill + 1),
  }
  return {
    scenarios: pick(values.scenario, values.quick).map((scenario) => changed(scenario, change)),
    policies: pickPolicies(values.policy),
    seeds: Array.from({ length: count }, (_, i) => seed + i),
    threads: number('threads', 256) ?? availableParallelism(),
    out: values.out,
    isSteered: values.scenario?.includes(steered) ?? true,
  }
}

function parseCount(name: string, value: string, min: number, max: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < min || number > max)
    throw new Error(`--${name} is "${value}", expected an integer from ${min} to ${max}`)
  return number
}

function pick(names: readonly string[] | undefined, quick: boolean): readonly Scenario[] {
  if (!names) return [...grid, ...named].filter(({ name }) => !quick || name !== 'large')
  return names.flatMap((name) => {
    if (name === 'flash') return grid
    if (name === 'world') return worldScenarios
    if (name === steered) return []
    const found = [...grid, ...named].filter((scenario) => scenario.name === name)
    if (found.length === 0)
      throw new Error(
        `--scenario is "${name}", expected flash, world, steered or one of ${named.map((each) => each.name).join(', ')}`,
      )
    return found
  })
}

function pickPolicies(names: readonly string[] | undefined): readonly string[] {
  const wrong = names?.find((name) => !allPolicies.includes(name))
  if (wrong !== undefined)
    throw new Error(`--policy is "${wrong}", expected one of ${allPolicies.join('; ')}`)
  return names ?? allPolicies
}

interface Change {
  servers: number | undefined
  crowd: number | undefined
  edges: number | undefined
  intervalS: number | undefined
  fill: number | undefined
}

/** The scenario with the options of the command line; its peak fill is kept if it has a crowd. */
function changed(scenario: Scenario, change: Change): Scenario {
  const { setting } = scenario
  const said = Object.entries(change).filter(([, value]) => value !== undefined)
  if (said.length === 0) return scenario
  const other = {
    ...setting,
    servers: change.servers ?? setting.servers,
    crowd: change.crowd ?? setting.crowd,
    edges: change.edges ?? setting.edges,
    intervalS: change.intervalS ?? setting.intervalS,
  }
  other.beforeS = Math.max(setting.beforeS, 5 * other.intervalS)
  const fill = change.fill === undefined ? peakFill(setting) : change.fill / 100
  return {
    // another name, so that no table mistakes it for the scenario itself
    name: `${scenario.name}-changed`,
    policies: scenario.policies,
    seedsMost: scenario.seedsMost,
    title: `${scenario.title} (${said.map(([name, value]) => `${name} ${value}`).join(', ')})`,
    setting: setting.crowd === 0 ? other : withPeakFill(other, fill),
  }
}
