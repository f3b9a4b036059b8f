/** What a program held at a moment. */
export interface Sample {
  atS: number
  residentMiB: number
  /** undefined where it does not tell */
  heapMiB: number | undefined
  descriptors: number
}

/** A line through points, and how uncertain its slope is. */
export interface Slope {
  /** of y for each unit of x */
  slope: number
  /** one standard error of it */
  error: number
}

/** The line through points by least squares; NaN of fewer than three. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length
  if (n < 3) return { slope: Number.NaN, error: Number.NaN }
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / n
  const meanX = mean(([x]) => x)
  const meanY = mean(([, y]) => y)
  const spread = n * mean(([x]) => (x - meanX) ** 2)
  const slope = (n * mean(([x, y]) => (x - meanX) * (y - meanY))) / spread
  const rest = n * mean(([x, y]) => (y - meanY - slope * (x - meanX)) ** 2)
  return { slope, error: Math.sqrt(rest / (n - 2) / spread) }
}

/** How memory went: `undecided` where the samples say too little for the bound. */
export type Verdict = 'flat' | 'grows' | 'undecided'

/** Whether a slope is within a bound, beyond two standard errors of doubt. */
export function judge({ slope, error }: Slope, bound: number): Verdict {
  if (slope + 2 * error <= bound) return 'flat'
  return slope - 2 * error > bound ? 'grows' : 'undecided'
}

/** MiB an hour by which a program grew in the second half of its time: in the first it warms up. */
export function growth(samples: readonly Sample[]): Slope {
  const endS = samples.at(-1)?.atS ?? 0
  const late = samples.filter(({ atS }) => atS >= endS / 2)
  return slopeOf(late.map(({ atS, residentMiB }) => [atS / 3600, residentMiB] as const))
}
