import type { MountJson } from '../shared/api.ts'
import { printMount } from '../shared/mount.ts'
import { serverAgent } from '../shared/version.ts'

/** One mount as Icecast's `status-json.xsl` shows a source; what no report says is left out. */
interface SourceStats {
  bitrate?: number
  listeners: number
  listenurl: string
  server_type?: string
  dummy: null
}

/** `source` is absent without mounts, an object with one and an array with more, as in Icecast 2.4. */
export interface Stats {
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
 * The stats of the whole cluster in Icecast's shape, of which many sites read `listeners`: here summed over all
 * servers, and `listenurl` at the edge.
 * @param base the edge's address; without it `listenurl` is the path alone
 * @param only the one mount that `?mount=` asks for
 */
export function statusJson(
  mounts: readonly MountJson[],
  base: string | undefined,
  only: string | undefined,
  startedAtMs: number,
): Stats {
  const sources = mounts
    .filter(({ mount }) => only === undefined || mount === only)
    .map(({ mount, bitrate, listeners, contentType }): SourceStats => {
      const listenurl = `${base ?? ''}${printMount(mount)}`
      return {
        ...(bitrate === null ? {} : { bitrate }),
        listeners,
        listenurl,
        ...(contentType === null ? {} : { server_type: contentType }),
        dummy: null,
      }
    })
  const start = new Date(startedAtMs)
  const [first] = sources
  return {
    icestats: {
      admin: 'icemaster@localhost',
      host: base === undefined ? 'localhost' : new URL(base).hostname,
      location: 'Earth',
      server_id: serverAgent,
      server_start: start.toUTCString().replace('GMT', '+0000'),
      server_start_iso8601: start.toISOString().replace(/\.\d+Z$/, '+0000'),
      ...(first === undefined ? {} : { source: sources.length === 1 ? first : sources }),
      dummy: null,
    },
  }
}
