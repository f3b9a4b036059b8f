import { parseMount } from '../../../../shared/mount.ts'
import type { Report } from '../../../../shared/report/report.ts'

/** What an operator says of a server to poll. */
export interface NamedServer {
  id: string
  url: string
  maxListeners: number
  interval: number
  location?: string
  countries?: string
  /** left out: an Icecast 2.4, which tells its stats as JSON; icecast-kh has XML, for its admin alone */
  kind?: 'xml'
  password?: string
}

/** `DE, AT`: these alone; `!US`: all others. */
function rule(countries: string | undefined): Report['countries'] {
  if (countries === undefined) return undefined
  return { allow: !countries.startsWith('!'), codes: countries.replaceAll('!', '').split(/, ?/) }
}

/** `52.52,13.4` */
function locationOf(text: string | undefined): Report['location'] {
  const [latitude, longitude] = text?.split(',').map(Number) ?? []
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
}

/** What a decider knows of a server that was just named: it carries nothing yet. */
export const reportNamed = ({
  id,
  url,
  maxListeners,
  interval,
  countries,
  location,
}: NamedServer): Report => ({
  id,
  role: 'slave',
  urls: [url],
  interval,
  maxListeners,
  listeners: 0,
  state: 'up',
  countries: rule(countries),
  location: locationOf(location),
  mounts: [],
})

interface Source {
  listenurl: string
  listeners: number
  'ice-bitrate': number
}

/** A slave of icecast-kh that registers itself with a decider: `rserver`, `rport` and `interval` of its request for the list. */
export function reportRegistered(query: URLSearchParams): Report {
  const at = `${query.get('rserver')}:${query.get('rport')}`
  // it tells no capacity, so it has the default, and no listeners (docs/protocol.md#the-registration-of-icecast-kh)
  return {
    ...reportNamed({
      id: at,
      url: `http://${at}`,
      maxListeners: 100,
      interval: Number(query.get('interval')),
    }),
    countries: undefined,
  }
}

/** The stats of icecast-kh: what matters of them. */
function reportOfXml(named: NamedServer, text: string): Report {
  const mounts = [...text.matchAll(/<source mount="([^"]+)">(.*?)<\/source>/gs)].flatMap(
    ([, path, said = '']) => {
      const mount = parseMount(path ?? '')
      const listeners = Number(/<listeners>(\d+)</.exec(said)?.[1] ?? 0)
      const joins = Number(/<listener_connections>(\d+)</.exec(said)?.[1] ?? 0)
      return mount ? [{ mount, listeners, max: null, kbps: 128, joins, contentType: 'audio/mpeg' }] : []
    },
  )
  const boot = /<server_start>([^<]+)</.exec(text)?.[1]
  const listeners = Number(/^\s*<listeners>(\d+)</m.exec(text)?.[1] ?? 0)
  return { ...reportNamed(named), ...(boot !== undefined && { boot }), listeners, mounts }
}

/** What its stats say (docs/polled-servers.md), read here a second time. */
export function reportPolled(named: NamedServer, text: string): Report {
  if (named.kind === 'xml') return reportOfXml(named, text)
  const { icestats } = JSON.parse(text) as {
    icestats: { server_start_iso8601: string; source?: Source | Source[] }
  }
  const { source = [], server_start_iso8601: boot } = icestats
  const mounts = [source].flat().flatMap((each) => {
    const mount = parseMount(new URL(each.listenurl).pathname)
    const { listeners, 'ice-bitrate': kbps } = each
    return mount ? [{ mount, listeners, max: null, kbps, joins: 0, contentType: 'audio/mpeg' }] : []
  })
  const listeners = mounts.reduce((sum, each) => sum + each.listeners, 0)
  return { ...reportNamed(named), boot, listeners, mounts }
}
