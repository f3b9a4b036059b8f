import type { ClusterJson, ClusterServerJson } from '../../shared/api/cluster-json.ts'

const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const printNumber = (n: number): string => integer.format(n)
/** `12.3K`, for axes and small places */
export const printShort = (n: number): string => short.format(n)
export const printPercent = (share: number): string => `${integer.format(share * 100)} %`

/** A rate in kbit/s: `158 Mbit/s`. */
export function printRate(kbps: number): string {
  if (kbps >= 1e6) return `${(kbps / 1e6).toFixed(1)} Gbit/s`
  return kbps >= 1000 ? `${integer.format(kbps / 1000)} Mbit/s` : `${integer.format(kbps)} kbit/s`
}

/** `12 s`, `3 min`, `5 h`, `2 days`. */
export function printSpan(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

/** Artist and title on one line. */
export const printTrack = (artist: string | null, title: string | null): string =>
  [artist, title].filter(Boolean).join(' - ')

let names: Intl.DisplayNames | undefined
/** A country's name in English; its code if there is no name. */
export function countryName(code: string): string {
  names ??= new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })
  try {
    return names.of(code) ?? code
  } catch {
    return code // it is not the code of a region
  }
}

export const isDrained = ({ out }: ClusterServerJson) => out === 'drained'

/** How a server's state is coloured: in the draw, out as somebody wants, or out against it. */
export function stateClass({ out }: ClusterServerJson): 'good' | 'warn' | 'bad' {
  if (out === null) return 'good'
  return out === 'stale' || out === 'unreachable' || out === 'no mounts' ? 'bad' : 'warn'
}

/** What draining a server will do, in sentences. */
export function drainEffects(server: ClusterServerJson, { servers, mounts }: ClusterJson): string[] {
  const others = servers.filter(({ id, out }) => id !== server.id && out === null)
  const free = others.reduce((sum, each) => sum + each.free, 0)
  const open = new Set(others.map(({ id }) => id))
  const orphans = mounts.filter(
    (mount) => server.id in mount.servers && !Object.keys(mount.servers).some((id) => open.has(id)),
  )
  const listening =
    server.listeners === 0
      ? 'It has no listeners.'
      : `Its ${printNumber(server.listeners)} listeners stay until they leave by themselves.`
  return [
    'It gets no new listeners, from now on and after restarts, until you undrain it.',
    listening,
    others.length === 0
      ? 'No other server takes listeners: new ones will be rejected.'
      : `New listeners go to ${others.length === 1 ? '1 other server' : `${printNumber(others.length)} other servers`} with ${printNumber(free)} free slots.`,
    ...(orphans.length > 0 && others.length > 0
      ? [
          `No other open server carries ${orphans.map(({ mount }) => mount).join(', ')}: new listeners there will be rejected.`,
        ]
      : []),
  ]
}

/** What undraining a server will do. */
export const undrainEffects = (server: ClusterServerJson): string[] => [
  server.state === 'up'
    ? `It is drawn again at once, in proportion to its ${printNumber(server.free)} free slots.`
    : `It still reports that it is ${server.state}: it gets listeners when it reports that it is up.`,
]
