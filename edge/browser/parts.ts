import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import { printNumber } from './words.ts'

/** A part of a whole. */
export interface Share {
  key: string
  name: string
  value: number
  share: number
}

/** The largest of some parts, and the rest as one; parts of 0 are left out. */
export function largest(
  parts: Readonly<Record<string, number>>,
  max: number,
  nameOf = (key: string) => key,
): Share[] {
  const sorted = Object.entries(parts)
    .filter(([, part]) => part > 0)
    .sort(([, a], [, b]) => b - a)
  const total = sorted.reduce((sum, [, part]) => sum + part, 0)
  const share = (key: string, name: string, value: number): Share => ({
    key,
    name,
    value,
    share: total === 0 ? 0 : value / total,
  })
  const rest = sorted.slice(max)
  const shown = sorted.slice(0, max).map(([key, value]) => share(key, nameOf(key), value))
  if (rest.length === 0) return shown
  const left = rest.reduce((sum, [, part]) => sum + part, 0)
  return [...shown, share('', `${printNumber(rest.length)} more`, left)]
}

/** Listeners by country over all mounts. */
export function countriesOf({ mounts }: ClusterJson): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { countries } of mounts)
    for (const [code, listeners] of Object.entries(countries)) all[code] = (all[code] ?? 0) + listeners
  return all
}
