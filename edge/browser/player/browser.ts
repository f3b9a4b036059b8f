import type { TitleCue } from './titles.ts'
import type { Abilities } from './ways.ts'

/** What this browser can do. */
export function abilitiesOf(all: Window): Abilities {
  const audio = all.document.createElement('audio')
  const playsPlaylists = audio.canPlayType('application/vnd.apple.mpegurl') !== ''
  return {
    mediaSource: 'ManagedMediaSource' in all || 'MediaSource' in all,
    // AirPlay is in Safari, and in every browser of iOS
    appleHls: playsPlaylists && 'WebKitPlaybackTargetAvailabilityEvent' in all,
  }
}

/** Reads the metadata cues of an audio element. */
export function cuesOf(tracks: Iterable<TextTrack>): TitleCue[] {
  const cues: TitleCue[] = []
  for (const track of tracks)
    for (const cue of track.cues ?? []) {
      const { value } = cue as TextTrackCue & { value?: { key?: unknown; data?: unknown } }
      if (typeof value?.key === 'string' && typeof value.data === 'string')
        cues.push({ startTime: cue.startTime, key: value.key, text: value.data })
    }
  return cues
}
