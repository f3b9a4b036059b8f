import { added, type Numbers, noNumbers } from './series.ts'

/** The history of one minute or one hour, or of a part of it. */
export interface HistoryRow {
  /** minutes or hours since 1970, by the wall clock */
  bucket: number
  /** s of it that are in this row: fewer than the whole if the decider began, or its clock was set, in between */
  span: number
  total: Numbers
  /** by name; a series that is all 0 is left out */
  mounts: ReadonlyMap<string, Numbers>
  /** by id */
  servers: ReadonlyMap<string, Numbers>
}

/** What a question is about: one mount, one server, or everything. */
export type Selected = { mount: string } | { server: string } | 'all'

/** A row of one series alone. */
export interface SeriesRow {
  bucket: number
  span: number
  numbers: Numbers
}

export const numbersOf = ({ total, mounts, servers }: HistoryRow, selected: Selected): Numbers => {
  if (selected === 'all') return total
  return ('mount' in selected ? mounts.get(selected.mount) : servers.get(selected.server)) ?? noNumbers
}

/** Rows of hours, each from the rows of minutes that are in it, in the order in which the hours first come. */
export function rollUp(minutes: readonly HistoryRow[]): HistoryRow[] {
  const hours = new Map<number, HistoryRow>()
  for (const minute of minutes) {
    const bucket = Math.floor(minute.bucket / 60)
    const hour = hours.get(bucket)
    if (!hour) hours.set(bucket, { ...minute, bucket })
    else
      hours.set(bucket, {
        bucket,
        span: hour.span + minute.span,
        total: added(hour.total, minute.total),
        mounts: merged(hour.mounts, minute.mounts),
        servers: merged(hour.servers, minute.servers),
      })
  }
  return [...hours.values()]
}

function merged(
  a: ReadonlyMap<string, Numbers>,
  b: ReadonlyMap<string, Numbers>,
): ReadonlyMap<string, Numbers> {
  const both = new Map(a)
  for (const [name, numbers] of b) {
    const before = both.get(name)
    both.set(name, before ? added(before, numbers) : numbers)
  }
  return both
}
