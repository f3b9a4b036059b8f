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
}

/** `DE, AT`: these alone; `!US`: all others. */
function rule(countries: string | undefined): Report['countries'] {
  if (countries === undefined) return undefined
  return { allow: !countries.startsWith('!'), codes: countries.replaceAll('!', '').split(/, ?/) }
}

/** What a decider knows of a server that was just named: it carries nothing yet. */
export const reportNamed = ({ id, url, maxListeners, interval, countries }: NamedServer): Report => ({
  id,
  role: 'slave',
  urls: [url],
  interval,
  maxListeners,
  listeners: 0,
  state: 'up',
  countries: rule(countries),
  mounts: [],
})

interface Source {
  listenurl: string
  listeners: number
  'ice-bitrate': number
}

/** What its stats say (docs/polled-servers.md), read here a second time. */
export function reportPolled(named: NamedServer, text: string): Report {
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
