import { type AboutMount, aboutText } from '../../shared/report/about-mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import { kindOfMount } from '../hls/formats.ts'
import { streamInfo } from '../icy/headers.ts'
import type { LiveMount } from '../mount/live-mount.ts'
import { audioInfoStats } from '../stats/audio-info.ts'

/** What a master reports about a mount with a feed: the operator's values override the source's. */
export function aboutMount(
  mount: LiveMount,
  settings: MountSettings,
  { segmentSeconds }: OriginConfig['hls'],
): AboutMount {
  const { stream } = settings
  const info = streamInfo(mount.info.headers)
  const { facts } = mount
  const audio = audioInfoStats(info.audioInfo)
  return {
    title: aboutText(facts ? facts.title : mount.title),
    artist: aboutText(facts?.artist),
    name: aboutText(stream.name ?? info.name),
    description: aboutText(stream.description ?? info.description),
    genre: aboutText(stream.genre ?? info.genre),
    site: aboutText(stream.url ?? info.url),
    since: new Date(mount.startedAtMs).toISOString(),
    peak: mount.listenerPeak,
    samplerate: facts?.samplerate ?? countOf(audio['ice-samplerate'] ?? audio.samplerate),
    channels: facts?.channels ?? countOf(audio['ice-channels'] ?? audio.channels),
    hls: isPackable(mount, settings) ? Math.round(segmentSeconds) : undefined,
    ...flagsOf(settings),
  }
}

/** Whether a mount is an HLS stream as well, as soon as somebody asks for it; not before a container's header says so. */
function isPackable(mount: LiveMount, { hls }: MountSettings): boolean {
  const kind = kindOfMount(mount)
  return hls !== 'off' && kind !== undefined && kind !== 'none'
}

/** Flags for a mount that is hidden, or that nobody may request by name. */
export const flagsOf = ({ hidden, noMount }: MountSettings): Pick<AboutMount, 'hidden' | 'noMount'> => ({
  ...(hidden && { hidden }),
  ...(noMount && { noMount }),
})

const countOf = (value: string | number | undefined) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
