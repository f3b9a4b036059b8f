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

/** An hour while its minutes are added up. */
interface HourSums extends HistoryRow {
  span: number
  total: Numbers
  readonly mounts: Map<string, Numbers>
  readonly servers: Map<string, Numbers>
}

/** Adds up rows of hours from the rows of minutes that are in them. */
export class RollUp {
  readonly #hours = new Map<number, HourSums>()

  /** The hours so far, in the order in which they first came. */
  get hours(): HistoryRow[] {
    return [...this.#hours.values()]
  }

  add(minute: HistoryRow): void {
    const bucket = Math.floor(minute.bucket / 60)
    const hour = this.#hours.get(bucket)
    if (!hour) {
      const series = { mounts: new Map(minute.mounts), servers: new Map(minute.servers) }
      this.#hours.set(bucket, { ...minute, ...series, bucket })
      return
    }
    hour.span += minute.span
    hour.total = added(hour.total, minute.total)
    addTo(hour.mounts, minute.mounts)
    addTo(hour.servers, minute.servers)
  }
}

function addTo(sums: Map<string, Numbers>, more: ReadonlyMap<string, Numbers>): void {
  for (const [name, numbers] of more) {
    const before = sums.get(name)
    sums.set(name, before ? added(before, numbers) : numbers)
  }
}
