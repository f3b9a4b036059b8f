import { ours, perfect } from './policies.ts'
import { type Setting, withPeakFill } from './setting.ts'

/** A named setting, with its title in tables and plots. */
export interface Scenario {
  name: string
  title: string
  setting: Setting
  /** if not all policies are of interest */
  policies?: readonly string[] | undefined
  /** if a single crowd takes long enough */
  seedsMost?: number | undefined
}

/** The flash crowd of docs/draw.md#the-simulation: 100,000 in a minute, on 20 servers that are 20 % full. */
export const flashCrowd: Setting = withPeakFill(
  {
    servers: 20,
    slots: 0,
    sizes: 'log-uniform',
    startFill: 0.2,
    startFillSd: 0.15,
    crowd: 100_000,
    crowdS: 60,
    afterS: 60,
    beforeS: 300,
    edges: 20,
    edgeShares: 'equal',
    intervalS: 30,
    delayS: 0,
    earlyReports: false,
    sendBack: false,
    rates: [{ kbps: 128, share: 1 }],
    regions: [],
    faults: [],
  },
  0.9,
)

/** Five reports come before the crowd: the factor is learned, as in a running cluster. */
export const withInterval = (setting: Setting, intervalS: number): Setting => ({
  ...setting,
  intervalS,
  beforeS: Math.max(300, 5 * intervalS),
})

export const gridIntervals = [5, 30, 120] as const
export const gridEdges = [20, 200] as const
export const gridFills = [0.85, 0.9, 0.96] as const
export const gridName = (fill: number, intervalS: number, edges: number) =>
  `flash-${Math.round(fill * 100)}-T${intervalS}-E${edges}`

/** The flash crowd at every interval, number of edges and peak fill of docs/protocol.md#performance. */
export const grid: readonly Scenario[] = gridFills.flatMap((fill) =>
  gridIntervals.flatMap((intervalS) =>
    gridEdges.map((edges) => ({
      name: gridName(fill, intervalS, edges),
      title: `100,000 joins in 60 s, peak fill ${Math.round(fill * 100)} %, T = ${intervalS} s, ${edges} edges`,
      setting: withPeakFill({ ...withInterval(flashCrowd, intervalS), edges }, fill),
    })),
  ),
)

const steady = (fill: number): Setting => ({
  ...withInterval(flashCrowd, 120),
  startFill: fill,
  startFillSd: 0.03,
  crowd: 0,
  crowdS: 0,
  afterS: 900,
})
/** Frankfurt, New York, Tokyo (docs/draw.md#the-simulation): most listeners are where a fifth of the servers is. */
export const mismatched: Setting['regions'] = [
  { location: { latitude: 50.1, longitude: 8.7 }, servers: 0.2, listeners: 0.55 },
  { location: { latitude: 40.7, longitude: -74 }, servers: 0.4, listeners: 0.25 },
  { location: { latitude: 35.7, longitude: 139.7 }, servers: 0.4, listeners: 0.2 },
]
/** Streams of speech and of CD quality at one server: what a redirect takes of the line differs by a factor of thirty. */
export const farBitrates: Setting = withPeakFill(
  {
    ...flashCrowd,
    edges: 200,
    rates: [
      { kbps: 48, share: 0.5 },
      { kbps: 1411, share: 0.5 },
    ],
  },
  0.96,
)
/** The background asks every edge, the crowd one: what this edge has learned of the others is wrong at once. */
export const crowdAtOne: Setting = withPeakFill(
  { ...withInterval(flashCrowd, 120), edges: 200, edgeShares: 'crowd at one' },
  0.96,
)
const fast = withInterval(flashCrowd, 10)

/** Anchors E.5 and E.6. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'slow-ramp',
    title: '100,000 joins in 10 minutes, peak fill 90 %',
    setting: withPeakFill({ ...flashCrowd, crowdS: 600 }, 0.9),
  },
  { name: 'steady-85', title: 'no crowd, 85 % full, T = 120 s', setting: steady(0.85) },
  { name: 'steady-95', title: 'no crowd, 95 % full, T = 120 s', setting: steady(0.95) },
  {
    name: 'one-big',
    title: 'one server of 20,000 to fifty of 200',
    setting: { ...flashCrowd, servers: 51, sizes: 'one big' },
  },
  {
    name: 'zipf-edges',
    title: '200 edges, the k-th asked 1/k as often',
    setting: { ...flashCrowd, edges: 200, edgeShares: 'zipf' },
  },
  {
    name: 'mixed-bitrates',
    title: 'mounts of 32 to 320 kbit/s, the line binds',
    setting: {
      ...flashCrowd,
      rates: [
        { kbps: 32, share: 0.1 },
        { kbps: 64, share: 0.25 },
        { kbps: 128, share: 0.4 },
        { kbps: 192, share: 0.15 },
        { kbps: 320, share: 0.1 },
      ],
    },
  },
  {
    name: 'far-bitrates',
    title: 'mounts of 48 and 1,411 kbit/s, half each, the line binds, peak fill 96 %, 200 edges',
    setting: farBitrates,
  },
  {
    name: 'far-bitrates-as-shipped',
    title: 'the same with early reports, the wish and send-back',
    setting: { ...farBitrates, earlyReports: true, sendBack: true },
  },
  {
    name: 'crowd-at-one',
    title: 'the crowd asks one edge of 200, T = 120 s, peak fill 96 %',
    setting: crowdAtOne,
  },
  {
    name: 'crowd-at-one-as-shipped',
    title: 'the same with early reports, the wish and send-back',
    setting: { ...crowdAtOne, earlyReports: true, sendBack: true },
  },
  {
    name: 'calm-regions',
    title: '20,000 joins in 10 minutes, listeners where the servers are not',
    setting: { ...flashCrowd, crowd: 20_000, crowdS: 600, regions: mismatched },
  },
  {
    name: 'crowded-regions',
    title: 'the flash crowd, listeners where the servers are not',
    setting: { ...flashCrowd, regions: mismatched },
  },
  {
    name: 'delayed-reports',
    title: 'every report takes 60 s to arrive',
    setting: { ...flashCrowd, delayS: 60 },
  },
  {
    name: 'lost-reports',
    title: 'no report arrives from 10 s to 70 s, T = 30 s',
    setting: { ...flashCrowd, faults: [{ kind: 'reports lost', atS: 10, untilS: 70 }] },
  },
  {
    name: 'edges-restart',
    title: 'all edges restart 20 s into the crowd, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'edges restart', atS: 20 }] },
  },
  {
    name: 'crash',
    title: 'a server dies 20 s into the crowd, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'crash', atS: 20 }] },
  },
  {
    name: 'reboot',
    title: 'a server restarts 20 s into the crowd and loses its listeners, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'reboot', atS: 20 }] },
  },
  {
    name: 'draining',
    title: 'a server begins to drain 20 s into the crowd, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'draining', atS: 20 }] },
  },
  {
    name: 'silent',
    title: 'a server keeps reporting but rejects everyone from 20 s on, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'silent', atS: 20 }] },
  },
  {
    name: 'lying',
    title: 'a server always reports 0 listeners, T = 10 s',
    setting: { ...fast, faults: [{ kind: 'lying', atS: 0 }] },
  },
  {
    name: 'lying-send-back',
    title: 'the same, full servers send back',
    setting: { ...fast, sendBack: true, faults: [{ kind: 'lying', atS: 0 }] },
  },
  {
    name: 'tight-send-back',
    title: 'peak fill 98 %, 200 edges, full servers send back',
    setting: withPeakFill({ ...flashCrowd, edges: 200, sendBack: true }, 0.98),
  },
  {
    name: 'as-shipped',
    title: 'peak fill 98 %, 200 edges, send-back, early reports and the wish of the reply to a report',
    setting: withPeakFill({ ...flashCrowd, edges: 200, sendBack: true, earlyReports: true }, 0.98),
  },
  {
    name: 'large',
    title: '1,000 servers, 1,000,000 joins in 60 s, 300 edges',
    setting: withPeakFill({ ...flashCrowd, servers: 1000, crowd: 1_000_000, edges: 300 }, 0.9),
    policies: ['static weights', 'two choices by size', 'free slots, no debit', ours, perfect],
    seedsMost: 1,
  },
]
