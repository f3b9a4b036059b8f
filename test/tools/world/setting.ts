import { secrets } from './parts/decides.ts'
import { type Version, versionOf } from './parts/versions.ts'
import type { NamedServer } from './truth/polled.ts'

/** Whether an edge carries HLS itself: never, where no server has room, or for everybody. */
export type HlsEdge = 'off' | 'overflow' | 'always'

/** What a world consists of. Plain data, drawn from a seed. */
export interface Setting {
  edges: readonly string[]
  /** of these, the ones that run on Workers */
  onWorkers: readonly string[]
  origins: readonly {
    host: string
    kind: 'master' | 'slave' | 'decider'
    flags: string
    /** left out: this one */
    version?: Version
  }[]
  /** stock Icecasts that relay from the edges, and what operators say of them when they name them to be polled */
  stock: readonly NamedServer[]
  /** slaves of icecast-kh that register themselves with the first decider */
  kh: readonly { host: string; clients: number; interval: number }[]
  mounts: readonly string[]
  countries: readonly (string | undefined)[]
  joinsPerSecond: number
  /** the share of them that come by HLS */
  hlsShare: number
  /** whether edges carry HLS themselves, and how soon (`HLS_EDGE`) */
  hlsEdge: HlsEdge
  /** the longest that any of the origins promises, in s */
  longestIntervalS: number
}

const passwords = '--source-password source-secret --relay-password relay-1 --admin-password admin-secret'

/** The setting of a seed. */
export function drawSetting(roll: () => number): Setting {
  const up = (from: number, to: number) => from + Math.floor(roll() * (to - from + 1))
  const interval = () => [2, 5, 10, 10, 20][up(0, 4)] ?? 10
  const intervals: number[] = []
  const own = (host: string) => {
    const seconds = interval()
    intervals.push(seconds)
    return `--hostname ${host} --public-url http://${host} --id ${host} --update-interval ${seconds} --max-listeners ${up(4, 30)} ${passwords}`
  }
  const decides = roll() < 0.3
  const edges = decides ? [] : Array.from({ length: up(1, 2) }, (_, i) => `edge-${i + 1}`)
  const masterHosts = decides ? ['master-1'] : Array.from({ length: up(1, 2) }, (_, i) => `master-${i + 1}`)
  const toEdges = edges.map((host) => `--edge http://${host} `).join('')
  const masters = masterHosts.map((host) => ({
    host,
    kind: decides ? ('decider' as const) : ('master' as const),
    flags: decides ? `--public-slave ${own(host)}` : `${toEdges}--edge-password relay-1 ${own(host)}`,
  }))
  const slaves = Array.from({ length: up(2, 4) }, (_, i) => {
    const host = `slave-${i + 1}`
    const from = decides ? masterHosts : edges
    const masterFlags = from.map((each) => `--master http://${each} `).join('')
    const onDemand = roll() < 0.2 ? '--on-demand ' : ''
    return {
      host,
      kind: 'slave' as const,
      flags: `${masterFlags}--master-password relay-1 ${onDemand}${own(host)}`,
    }
  })
  const whole = {
    edges,
    onWorkers: edges.filter(() => roll() < 0.4),
    origins: [...masters, ...slaves],
    mounts: ['/live.mp3', '/news.mp3', '/jazz.mp3'].slice(0, up(1, 3)),
    countries: [undefined, 'DE', 'FR', 'US'],
    joinsPerSecond: 0.2 + roll() * 0.8,
  }
  const stock = Array.from({ length: edges.length > 0 ? up(0, 2) : 0 }, (_, i): NamedServer => {
    const location = oneOf(cities, roll())
    const countries = oneOf([undefined, undefined, 'DE', 'DE, FR', '!FR'], roll())
    const host = `stock-${i + 1}`
    const seconds = oneOf([2, 5, 10], roll()) ?? 10
    intervals.push(seconds)
    return {
      id: host,
      url: `http://${host}`,
      maxListeners: up(4, 20),
      interval: seconds,
      ...(location !== undefined && { location }),
      ...(countries !== undefined && { countries }),
      ...(roll() < 0.4 && { kind: 'xml' as const, password: secrets.admin }),
    }
  })
  const kh = Array.from({ length: roll() < 0.3 ? 1 : 0 }, (_, i) => ({
    host: `kh-${i + 1}`,
    clients: up(4, 20),
    interval: oneOf([5, 10], roll()) ?? 10,
  }))
  intervals.push(...kh.map(({ interval: seconds }) => seconds))
  const located = whole.origins.map((origin) => {
    const location = oneOf(cities, roll())
    return location === undefined ? origin : { ...origin, flags: `${origin.flags} --location=${location}` }
  })
  const mixed = roll() < 0.5
  const versioned = located.map((origin) => (mixed ? { ...origin, version: versionOf(roll()) } : origin))
  const hlsShare = roll() < 0.5 ? 0.25 : 0
  const hlsEdge = oneOf<HlsEdge>(['off', 'off', 'overflow', 'always'], roll()) ?? 'off'
  return {
    ...whole,
    hlsShare,
    hlsEdge,
    origins: versioned,
    stock,
    kh,
    longestIntervalS: Math.max(...intervals),
  }
}

/** of servers; half of them do not say */
const cities = [undefined, undefined, undefined, '52.52,13.4', '48.85,2.35', '40.71,-74.01']

const oneOf = <T>(all: readonly T[], share: number): T | undefined => all[Math.floor(share * all.length)]
