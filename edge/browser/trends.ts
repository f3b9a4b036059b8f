import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'
import type { HistoryRowJson } from '../../shared/api/history-json.ts'

/** minutes that a trend shows */
const minutesShown = 60

type Loads = Map<number, number>

/** The load of each server over the last hour, by minutes: from the history, and as this page has seen it since. */
export class Trends {
  #loads = new Map<string, Loads>()
  #loaded = new Set<string>()
  #minute = 0

  /** @param seconds since 1970, by the edge's clock */
  look(servers: readonly ClusterServerJson[], seconds: number): void {
    this.#minute = Math.floor(seconds / 60)
    const next = new Map<string, Loads>()
    for (const { id, utilisation } of servers) {
      const loads = this.#loads.get(id) ?? new Map()
      loads.set(this.#minute, utilisation)
      for (const minute of loads.keys()) if (this.#isOld(minute)) loads.delete(minute)
      next.set(id, loads)
    }
    this.#loads = next
    for (const id of this.#loaded) if (!next.has(id)) this.#loaded.delete(id)
  }

  /** Whether the history of a server is still to be asked for. */
  needs(id: string): boolean {
    return this.#loads.has(id) && !this.#loaded.has(id)
  }

  /** Adds what is known from before this page was opened; an empty history is remembered, too. */
  load({ id, maxListeners, maxBandwidth }: ClusterServerJson, rows: readonly HistoryRowJson[]): void {
    this.#loaded.add(id)
    const loads = this.#loads.get(id) ?? new Map()
    this.#loads.set(id, loads)
    for (const { at, listenersMean, bandwidth } of rows) {
      const minute = Math.floor(Date.parse(at) / 60_000)
      const slots = maxListeners === 0 ? 0 : listenersMean / maxListeners
      const line = maxBandwidth ? bandwidth / maxBandwidth : 0
      if (!loads.has(minute) && !this.#isOld(minute)) loads.set(minute, Math.max(slots, line))
    }
  }

  /** Points of a line in a box of 60 × 20. */
  line(id: string): string {
    const points = this.#points(id)
    const values = points.map(([, load]) => load)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    // a change of less than 5 % of the server is drawn small
    const span = Math.max(high - low, 0.05)
    const lines = points.map(([minute, load]) => [
      minute - this.#minute + minutesShown,
      (18 - ((load - low) / span) * 16).toFixed(1),
    ])
    // before the first minute that is known the line is level
    return [[0, lines[0]?.[1] ?? 18], ...lines].map(([x, y]) => `${x},${y}`).join(' ')
  }

  /** In words: `rising`, `falling`, `steady`. */
  words(id: string): string {
    const points = this.#points(id)
    const change = (points.at(-1)?.[1] ?? 0) - (points[0]?.[1] ?? 0)
    if (Math.abs(change) < 0.01) return 'steady'
    return change > 0 ? 'rising' : 'falling'
  }

  #points(id: string): [minute: number, load: number][] {
    return [...(this.#loads.get(id) ?? [])].sort(([a], [b]) => a - b)
  }

  #isOld(minute: number): boolean {
    return minute <= this.#minute - minutesShown
  }
}
