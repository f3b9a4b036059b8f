import type { FillSample } from './outcome.ts'
import type { SimServer } from './server.ts'

const isRunning = ({ state }: SimServer) => state !== 'crashed'

/** The fill of the running servers at this moment. */
export function sampleOf(servers: readonly SimServer[], atS: number): FillSample {
  const running = servers.filter(isRunning)
  for (const server of running) server.leave(atS)
  const fills = running.map(({ used, capacity }) => used / capacity).sort((a, b) => a - b)
  const at = (part: number) => fills[Math.round(part * (fills.length - 1))] ?? 0
  return {
    atS,
    mean: meanFill(running),
    least: at(0),
    low: at(0.1),
    high: at(0.9),
    most: at(1),
    lyingShare: lyingShare(servers, atS),
  }
}

/** The used fraction of all slots, so large servers count more. */
const meanFill = (servers: readonly SimServer[]) =>
  servers.reduce((total, { used }) => total + used, 0) /
  servers.reduce((total, { capacity }) => total + capacity, 0)

/** The fraction of servers without room for one more listener. */
export const fullShareOf = (servers: readonly SimServer[], atS: number): number =>
  servers.filter((server) => server.room(0, atS) < 1).length / servers.length

/** The standard deviation of the servers' fill, weighted by size. */
export function sdOfFill(servers: readonly SimServer[]): number {
  const running = servers.filter(isRunning)
  const mean = meanFill(running)
  let squares = 0
  let whole = 0
  for (const { used, capacity } of running) {
    squares += capacity * (used / capacity - mean) ** 2
    whole += capacity
  }
  return Math.sqrt(squares / whole)
}

/** The largest difference between values of servers in one city; 0 if no two are in one. */
export function citySpread(servers: readonly SimServer[], values: Float64Array): number {
  const cities = new Map<unknown, number[]>()
  for (const { location, index } of servers)
    if (location) cities.set(location, [...(cities.get(location) ?? []), values[index] ?? 0])
  return Math.max(0, ...[...cities.values()].map((fills) => Math.max(...fills) - Math.min(...fills)))
}

function lyingShare([liar, ...others]: readonly SimServer[], atS: number): number {
  const room = others.reduce((sum, each) => sum + each.room(0, atS), 0)
  return liar ? liar.capacity / (liar.capacity + room) : 0
}
