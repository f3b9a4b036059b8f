/** The memory and descriptors of a program at one moment. */
export interface MemorySample {
  atS: number
  residentMiB: number
  /** undefined if it does not report its heap */
  heapMiB: number | undefined
  descriptors: number
}

/** A line through points, and the uncertainty of its slope. */
export interface Slope {
  /** of y for each unit of x */
  slope: number
  /** one standard error of the slope */
  error: number
}

/** The line through points by least squares; NaN for fewer than three. */
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

/** How memory developed: `undecided` if the samples are too uncertain for the bound. */
export type MemoryVerdict = 'flat' | 'grows' | 'undecided'

/** Whether a slope is within a bound, by two standard errors. */
export function judge({ slope, error }: Slope, bound: number): MemoryVerdict {
  if (slope + 2 * error <= bound) return 'flat'
  return slope - 2 * error > bound ? 'grows' : 'undecided'
}

/** The growth of a program in the second half of the run, in MiB an hour: in the first half it warms up. */
export function growth(samples: readonly MemorySample[]): Slope {
  const endS = samples.at(-1)?.atS ?? 0
  const late = samples.filter(({ atS }) => atS >= endS / 2)
  return slopeOf(late.map(({ atS, residentMiB }) => [atS / 3600, residentMiB] as const))
}
