import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { sourceStats } from '../stats/source-stats.ts'
import type { PublicStream } from './form.ts'

type Config = Pick<OriginConfig, 'mounts' | 'publicUrls' | 'directories' | 'limits'>

/** The description of a mount for directories; undefined if it is not public. */
export function publicStream(mount: ActiveMount, config: Config): PublicStream | undefined {
  if (mountSettings(config, mount.name).hidden) return undefined
  const stats = sourceStats(mount, config)
  if (stats.public !== 1) return undefined
  const text = (name: string) => String(stats[name] ?? '')
  return {
    name: text('server_name'),
    genre: text('genre'),
    description: text('server_description'),
    url: text('server_url'),
    listenUrl: text('listenurl'),
    contentType: text('server_type'),
    subtype: text('subtype'),
    bitrate: text('bitrate'),
    audioInfo: text('audio_info'),
    song: mount.title,
    listeners: mount.listeners,
    maxListeners: mount.maxListeners ?? config.limits.maxListeners,
  }
}
