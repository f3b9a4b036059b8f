import { worldPolicies } from '../policies.ts'
import { flashCrowd, type Scenario, withInterval } from '../scenarios.ts'
import { type Setting, type World, withPeakFill } from '../setting.ts'

/** listeners of the steady cells */
const listeners = 100_000
const matched: World = { servers: 'matched', crowd: 'everywhere', together: 1 }

/** 40 servers and no crowd: sizes and start fill are forgotten after three sessions, and half of one is measured. */
export const steadyWorld = (fill: number, world: Partial<World> = {}): Setting => ({
  ...withInterval(flashCrowd, 10),
  servers: 40,
  slots: Math.round(listeners / fill),
  startFill: fill,
  startFillSd: 0.03,
  crowd: 0,
  crowdS: 0,
  beforeS: 5400,
  afterS: 900,
  edges: 1,
  world: { ...matched, ...world },
})

/** The flash crowd of 100,000 in a minute at 40 servers, which were 20 % full of listeners from everywhere. */
export const worldCrowd = (fill: number, intervalS: number, edges: number, world: Partial<World>): Setting =>
  withPeakFill(
    {
      ...withInterval(flashCrowd, intervalS),
      servers: 40,
      // five reports, and what 200 edges learn in five minutes takes minutes
      beforeS: Math.max(60, 5 * intervalS),
      edges,
      world: { ...matched, ...world },
    },
    fill,
  )

export const steadyFills = [0.1, 0.3, 0.6, 0.9] as const
const percent = (fill: number) => Math.round(fill * 100)

const policies = worldPolicies
const rows = (name: string, title: string, setting: Setting): Scenario => ({ name, title, setting, policies })

const steady = steadyFills.flatMap((fill) => [
  rows(`world-${percent(fill)}`, `servers where people are, ${percent(fill)} % full`, steadyWorld(fill)),
  rows(
    `europe-${percent(fill)}`,
    `servers in Europe alone, listeners everywhere, ${percent(fill)} % full`,
    steadyWorld(fill, { servers: 'Europe' }),
  ),
])

const oneCity = ([0.3, 0.6, 0.9] as const).map((fill) =>
  rows(
    `one-city-${percent(fill)}`,
    `five of the servers in one city, ${percent(fill)} % full`,
    // four sessions: the fill of a server of a few hundred slots varies by several points from moment to moment
    { ...steadyWorld(fill, { together: 5 }), afterS: 7200 },
  ),
)

export const crowdFills = [0.85, 0.96] as const
export const crowdIntervals = [10, 30] as const
export const crowdEdges = [1, 20, 200] as const

const crowds = (['everywhere', 'one region'] as const).flatMap((crowd) =>
  crowdFills.flatMap((fill) =>
    crowdIntervals.flatMap((intervalS) =>
      crowdEdges.map((edges) =>
        rows(
          `${crowd === 'everywhere' ? 'world' : 'region'}-crowd-${percent(fill)}-T${intervalS}-E${edges}`,
          `a flash crowd from ${crowd}, peak fill ${percent(fill)} %, T = ${intervalS} s, ${edges} edges`,
          worldCrowd(fill, intervalS, edges, { crowd }),
        ),
      ),
    ),
  ),
)

/** The scenarios with the cities of the world (docs/draw.md#the-world). */
export const worldScenarios: readonly Scenario[] = [...steady, ...oneCity, ...crowds]
