import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'
import type { HistoryJson } from '../../shared/api/history-json.ts'
import { askJson } from './poll.ts'
import type { Trends } from './trends.ts'

/** ms after an answer that could not be had: an edge in trouble is not asked more */
const afterTroubleMs = 30_000

/**
 * Asks for the last hour of the servers in view, one after the other, so that thousands of rows cost nothing until they are
 * seen. The time is by the edge's clock.
 */
export function trendHistories(
  trends: Trends,
  loaded: () => void,
): (inView: readonly ClusterServerJson[], seconds: number) => void {
  let wanted: readonly ClusterServerJson[] = []
  let nowSeconds = 0
  let isAsking = false
  let notBeforeMs = 0
  const ask = async () => {
    if (isAsking) return
    isAsking = true
    for (;;) {
      const server = wanted.find(({ id }) => trends.needs(id))
      if (!server || performance.now() < notBeforeMs) break
      const query = new URLSearchParams({
        server: server.id,
        from: String(Math.floor(nowSeconds - 3600)),
        step: '60',
      })
      try {
        trends.load(server, (await askJson<HistoryJson>(`/api/history?${query}`)).rows)
        loaded()
      } catch {
        notBeforeMs = performance.now() + afterTroubleMs
      }
    }
    isAsking = false
  }
  return (inView, seconds) => {
    wanted = inView
    nowSeconds = seconds
    void ask()
  }
}
