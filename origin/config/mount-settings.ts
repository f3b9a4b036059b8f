import type { Mount } from '../../shared/mount.ts'
import type { Burst } from './values.ts'
import type { AuthSettings } from './xml/auth-settings.ts'
import type { HeaderRule } from './xml/headers.ts'

/** The settings of one mount (`<mount>`; docs/icecast.md#mount-settings). */
export interface MountSettings {
  readonly sourceUser: string
  /** undefined: the server's password */
  readonly sourcePassword: string | undefined
  /** null: only the server's limit applies */
  readonly maxListeners: number | null
  /** s after which a listener's connection is closed; 0: never */
  readonly maxListenerDurationS: number
  /** a file below the webroot that a listener hears first */
  readonly intro: string | undefined
  /** where a copy of the stream is appended; may hold `%Y` and the like of strftime */
  readonly dumpFile: string | undefined
  readonly fallback: Fallback | undefined
  /** undefined: the server's setting; likewise for the next two */
  readonly burst: Burst | undefined
  readonly queueBytes: number | undefined
  readonly sourceTimeoutMs: number | undefined
  /** not in public stats and lists, but served on request */
  readonly hidden: boolean
  /** no direct listeners; other mounts may fall back to it */
  readonly noMount: boolean
  /** whether it is announced to directories; undefined: as the source says */
  readonly public: boolean | undefined
  /** of titles sent without a charset; undefined: UTF-8 if they are valid UTF-8, else latin1 */
  readonly charset: string | undefined
  /** bytes of audio between two blocks of ICY metadata; 0: none */
  readonly metaintBytes: number
  /** stream information that overrides the source's */
  readonly stream: StreamTold
  /** added to answers for this mount, in addition to the server's headers */
  readonly headers: readonly HeaderRule[]
  /** undefined: everybody may listen */
  readonly auth: AuthSettings | undefined
  /** whether it is packaged for HLS */
  readonly hls: 'on request' | 'always' | 'off'
  /** programs that are run with the mount as argument */
  readonly onConnect: string | undefined
  readonly onDisconnect: string | undefined
}

export interface Fallback {
  /** another mount, or a file below the webroot */
  readonly mount: Mount
  /** listeners who move back when the mount is fed again: none, all listeners of the fallback, or those who came from here */
  readonly override: 'none' | 'all' | 'own'
  /** a listener who finds the mount full gets the fallback */
  readonly whenFull: boolean
}

export interface StreamTold {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly url: string | undefined
  readonly genre: string | undefined
  readonly bitrate: string | undefined
  readonly type: string | undefined
  readonly subtype: string | undefined
}

/** The settings of a mount of this server. */
export const mountSettings = (
  { mounts }: { mounts: { of(name: Mount): MountSettings } },
  name: Mount,
): MountSettings => mounts.of(name)
