import { serverAgent } from '../../shared/version.ts'
import type { OriginConfig } from '../config/config.ts'
import type { OriginState } from '../state.ts'
import { type Stats, statsOf } from './stats.ts'
import { iso8601, rfc2822 } from './time.ts'

type Described = Pick<OriginConfig, 'hostname' | 'serverInfo' | 'serverId'>

/** The stats of the server: those of Icecast 2.4, with `outgoing_kbitrate` of icecast-kh and a sum of `slow_listeners`. */
export function serverStats({ hostname, serverInfo, serverId }: Described, state: OriginState): Stats {
  const { load, mounts, startedAtMs } = state
  return statsOf({
    admin: serverInfo.admin,
    client_connections: load.requests,
    clients: load.clients,
    connections: load.connections,
    file_connections: load.files,
    host: hostname,
    listener_connections: load.joins,
    listeners: load.listeners,
    location: serverInfo.location,
    outgoing_kbitrate: load.bandwidthKbps(),
    server_id: serverId ?? serverAgent,
    server_start: rfc2822(startedAtMs),
    server_start_iso8601: iso8601(startedAtMs),
    slow_listeners: load.slow,
    source_client_connections: load.sources,
    source_relay_connections: load.relays,
    source_total_connections: load.sources + load.relays,
    sources: mounts.list().length,
    stats: load.feeds,
    stats_connections: load.feedsBegun,
  })
}
