import type { PublicMount } from '../../shared/api/json.ts'
import { printMount } from '../../shared/mount.ts'
import { serverAgent } from '../../shared/version.ts'

/** One mount as Icecast's `status-json.xsl` shows a source; values that no report gives are left out. */
interface SourceStats {
  artist?: string
  bitrate?: number
  channels?: number
  genre: string
  listener_peak: number
  listeners: number
  listenurl: string
  samplerate?: number
  server_description: string
  server_name: string
  server_type?: string
  server_url?: string
  stream_start?: string
  stream_start_iso8601?: string
  title?: string
  dummy: null
}

/** `source` is absent without mounts, an object with one and an array with more, as in Icecast 2.4. */
export interface ClusterStats {
  icestats: {
    admin: string
    host: string
    location: string
    server_id: string
    server_start: string
    server_start_iso8601: string
    source?: SourceStats | SourceStats[]
    dummy: null
  }
}

/**
 * The stats of the whole cluster in Icecast's shape, from which many sites read `listeners`: here the sum over
 * all servers, with `listenurl` at the edge.
 * @param base the edge's address; without it `listenurl` is the path alone
 * @param only the one mount that `?mount=` asks for
 */
export function clusterStatusJson(
  mounts: readonly PublicMount[],
  base: string | undefined,
  only: string | undefined,
  startedAtMs: number,
): ClusterStats {
  const sources = mounts
    .filter(({ mount }) => only === undefined || mount === only)
    .map((mount) => sourceStats(mount, base))
  const start = new Date(startedAtMs)
  const [first] = sources
  return {
    icestats: {
      admin: 'icemaster@localhost',
      host: base === undefined ? 'localhost' : new URL(base).hostname,
      location: 'Earth',
      server_id: serverAgent,
      server_start: rfc2822(start),
      server_start_iso8601: iso8601(start),
      ...(first === undefined ? {} : { source: sources.length === 1 ? first : sources }),
      dummy: null,
    },
  }
}

/** Values that no master gives have Icecast's defaults: readers take a mount without a name for one that is off air. */
function sourceStats(
  { mount, bitrate, listeners, listenerPeak, contentType, about }: PublicMount,
  base?: string,
) {
  const since = about?.since === undefined ? undefined : new Date(about.since)
  const stats: SourceStats = {
    ...told('artist', about?.artist),
    ...told('bitrate', bitrate ?? undefined),
    ...told('channels', about?.channels),
    genre: about?.genre ?? 'various',
    listener_peak: listenerPeak,
    listeners,
    listenurl: `${base ?? ''}${printMount(mount)}`,
    ...told('samplerate', about?.samplerate),
    server_description: about?.description ?? 'Unspecified description',
    server_name: about?.name ?? 'Unspecified name',
    ...told('server_type', contentType ?? undefined),
    ...told('server_url', about?.site),
    ...told('stream_start', since && rfc2822(since)),
    ...told('stream_start_iso8601', since && iso8601(since)),
    ...told('title', about?.title),
    dummy: null,
  }
  return stats
}

const told = <K extends string, V>(name: K, value: V | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [key in K]?: V }

/** `Mon, 23 Nov 2026 01:51:53 +0000` */
const rfc2822 = (date: Date) => date.toUTCString().replace('GMT', '+0000')
/** `2026-11-23T01:51:53+0000`: Icecast writes the zone without a colon */
const iso8601 = (date: Date) => date.toISOString().replace(/\.\d+Z$/, '+0000')
