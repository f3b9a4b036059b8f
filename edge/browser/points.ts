import type { HistoryJson } from '../../shared/api/history-json.ts'

/** What a chart draws: s since 1970, listeners; null interrupts a line. */
export type Points = [times: number[], mean: (number | null)[], peak: (number | null)[]]

/** The rows as points; a gap of more than a step interrupts the line. */
export function pointsOf(rows: HistoryJson['rows'], step: number): Points {
  const points: Points = [[], [], []]
  for (const { at, listenersMean, listenersPeak } of rows) {
    const time = Date.parse(at) / 1000
    const last = points[0].at(-1)
    if (last !== undefined && time - last > 1.5 * step) add(points, last + step, null, null)
    add(points, time, listenersMean, listenersPeak)
  }
  return points
}

function add([times, means, peaks]: Points, time: number, mean: number | null, peak: number | null): void {
  times.push(time)
  means.push(mean)
  peaks.push(peak)
}

/** The points, and the present at their end. */
export function withPresent([times, means, peaks]: Points, now: number, listeners: number): Points {
  const last = times.at(-1)
  if (last !== undefined && last >= now) return [times, means, peaks]
  return [
    [...times, now],
    [...means, listeners],
    [...peaks, listeners],
  ]
}
