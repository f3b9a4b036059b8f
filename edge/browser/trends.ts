import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'

/** looks of this page that a trend is drawn from: two minutes at one every 2 s */
const looksMax = 60

/** The load of each server, as this page has seen it. */
export class Trends {
  #seen = new Map<string, number[]>()

  look(servers: readonly ClusterServerJson[]): void {
    const next = new Map<string, number[]>()
    for (const { id, utilisation } of servers) {
      const loads = this.#seen.get(id) ?? []
      loads.push(utilisation)
      if (loads.length > looksMax) loads.shift()
      next.set(id, loads)
    }
    this.#seen = next
  }

  /** Points of a line in a box of 60 × 20. */
  line(id: string): string {
    const loads = this.#seen.get(id) ?? []
    const [low, high] = [Math.min(...loads), Math.max(...loads)]
    // a change of less than 5 % of the server is drawn small
    const span = Math.max(high - low, 0.05)
    const heights = loads.map((load) => (18 - ((load - low) / span) * 16).toFixed(1))
    // before this page was opened nothing is known: the line is level
    const before = looksMax - heights.length
    return [`0,${heights[0] ?? 18}`, ...heights.map((y, i) => `${i + before},${y}`)].join(' ')
  }

  /** In words: `rising`, `falling`, `steady`. */
  words(id: string): string {
    const loads = this.#seen.get(id) ?? []
    const change = (loads.at(-1) ?? 0) - (loads[0] ?? 0)
    if (Math.abs(change) < 0.01) return 'steady'
    return change > 0 ? 'rising' : 'falling'
  }
}
