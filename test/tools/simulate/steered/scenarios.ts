import { SteeredCluster } from '../../../kit/parts/steered-cluster.ts'

/** s that a listener stays, on average; as many come as go */
const staySeconds = 1800
/** s before the event: each session has asked several times by then */
const beforeSeconds = 120
/** s after the event at which the cluster is looked at */
export const lookSeconds: readonly number[] = [0, 15, 30, 60, 120, 300]
/** slots of each server */
const slots = 200

const frankfurt = { latitude: 50.1, longitude: 8.7 }
const newYork = { latitude: 40.7, longitude: -74 }

/** What happens to a cluster of HLS sessions. */
export interface SteeredScenario {
  name: string
  /** servers at the beginning: half of them in each place where places are known */
  servers: number
  /** share of all slots that is taken */
  fill: number
  /** the share of listeners that are near Frankfurt, the others are near New York; undefined: unknown */
  inFrankfurt?: number
  /** The event; returns the server that listeners have to leave. */
  happen: (cluster: SteeredCluster) => string | undefined
}

const name = (i: number) => `s${i + 1}`

export const steeredScenarios: readonly SteeredScenario[] = [
  {
    name: 'five servers, 60 % full, gain one',
    servers: 5,
    fill: 0.6,
    happen: (cluster) => {
      cluster.add('new', slots)
      return undefined
    },
  },
  {
    name: 'six servers, 60 % full, lose two',
    servers: 6,
    fill: 0.6,
    happen: (cluster) => {
      cluster.kill(name(0))
      cluster.kill(name(1))
      return undefined
    },
  },
  {
    name: 'one of six servers, 60 % full, is drained',
    servers: 6,
    fill: 0.6,
    happen: (cluster) => {
      cluster.drain(name(0))
      return name(0)
    },
  },
  {
    name: 'three servers near 85 % of the listeners, three far away, 60 % full; the near ones gain one',
    servers: 6,
    fill: 0.6,
    inFrankfurt: 0.85,
    happen: (cluster) => {
      cluster.add('new', slots, frankfurt)
      return undefined
    },
  },
]

/** What was seen of a scenario. */
export interface SteeredOutcome {
  /** utilisation in %, of the emptiest and of the fullest server that is open, at each of {@link lookSeconds} */
  spread: { least: number; most: number }[]
  /** listeners at the server that they have to leave, at the same moments */
  left: number[]
  /** moves after the event, in % of the listeners */
  movedPercent: number
  /** sessions that no server took, after the event */
  refused: number
  /** of the listeners near Frankfurt, those at its servers at the end, in %; undefined: unknown places */
  homePercent: number | undefined
}

/** Plays a scenario. The same seed gives the same outcome. */
export function playSteered(scenario: SteeredScenario, isSteered: boolean, seed: number): SteeredOutcome {
  const { servers, fill, inFrankfurt, happen } = scenario
  const cluster = new SteeredCluster(seed, { isSteered, staySeconds })
  const placeOf = (share: number, of: number) =>
    inFrankfurt === undefined ? undefined : share < of ? frankfurt : newYork
  for (let i = 0; i < servers; i++) cluster.add(name(i), slots, placeOf(i / servers, 0.5))
  const wanted = Math.round(servers * slots * fill)
  let joined = 0
  // listeners come evenly from both places, by the golden ratio
  const joinOne = () => cluster.join(1, placeOf((joined++ * 0.618034) % 1, inFrankfurt ?? 0))
  const fillUp = () => {
    for (let missing = wanted - cluster.size; missing > 0; missing--) joinOne()
  }
  // the crowd of the beginning comes over a minute, so that reports follow it
  for (let second = 0; second < 60; second++) {
    for (let due = Math.round((wanted * (second + 1)) / 60) - cluster.size; due > 0; due--) joinOne()
    cluster.pass(1)
  }
  const passFilled = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      fillUp()
      cluster.pass(1)
    }
  }
  passFilled(beforeSeconds)
  const before = { moved: cluster.moved, refused: cluster.refused }
  const leaving = happen(cluster)
  const spread: SteeredOutcome['spread'] = []
  const left: number[] = []
  let nowSeconds = 0
  for (const lookAt of lookSeconds) {
    passFilled(lookAt - nowSeconds)
    nowSeconds = lookAt
    const open = Object.entries(cluster.utilisations)
      .filter(([id]) => cluster.isOpen(id))
      .map(([, percent]) => percent)
    spread.push({ least: Math.min(...open), most: Math.max(...open) })
    left.push(leaving === undefined ? 0 : cluster.at(leaving))
  }
  return {
    spread,
    left,
    movedPercent: ((cluster.moved - before.moved) / wanted) * 100,
    refused: cluster.refused - before.refused,
    homePercent:
      inFrankfurt === undefined ? undefined : (cluster.atHome(frankfurt) / (wanted * inFrankfurt)) * 100,
  }
}
