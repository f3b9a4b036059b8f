import { oneOf } from '../faults/fault.ts'
import type { Bites } from '../rig/bites.ts'

/** The version of an origin: this one, one of before, or one that is yet to come. */
export type Version = 'older' | 'this' | 'newer'

const versions: readonly Version[] = ['older', 'this', 'newer']

/** The version that a share names. */
export const versionOf = (share: number): Version => oneOf(versions, share) ?? 'this'

/** lines that came later, and those about a mount */
const later = /^(?:(?:boot|seq|joins|bandwidth|max-bandwidth|location|hls-listeners): | ).*\n/gm

/** The report of this version as another would write it: an older one leaves out what came later, a newer one says more. */
export function asWrittenBy(version: Version, sourcelist: string): string {
  if (version === 'older') return sourcelist.replace(later, '')
  if (version === 'this') return sourcelist
  const isMaster = /^role: master$/m.test(sourcelist)
  return sourcelist
    .replace(/^mounts: /m, 'countries: !FR\nmood: calm\nmounts: ')
    .replace(/^\/.*\n/gm, (line) => (isMaster ? `${line} mood: calm\n` : line))
}

/** `fetch` for the reports of a version. */
export const reportingAs =
  (version: Version, bites: Bites, fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) => {
    const { body } = init ?? {}
    if (!String(input).endsWith('/admin/sourcelist.txt') || typeof body !== 'string')
      return fetch(input, init)
    if (version !== 'this') bites.note(`report of ${version === 'older' ? 'an older' : 'a newer'} version`)
    return fetch(input, { ...init, body: asWrittenBy(version, body) })
  }
