import type { HlsObjects } from '../../../shared/hls/served.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { Decider } from '../../listen/decider.ts'
import type { ListenDeps } from '../../listen/deps.ts'
import type { ActiveMount } from '../../mount/mount.ts'
import type { HlsSessions } from '../sessions.ts'
import type { KeptBytes } from './kept-bytes.ts'

/** What serving HLS needs. */
export interface HlsDeps extends ListenDeps {
  hls: {
    /** where a mount's objects come from */
    objectsOf: (mount: Mount) => HlsObjects
    sessions: HlsSessions
    /** what plays in place of a mount whose source is away: a running fallback */
    standIn: (mount: Mount) => ActiveMount | undefined
    /** whether a mount was here less than a minute ago, so that its players may come back */
    mayReturn: (mount: Mount) => boolean
    /** Asks the deciders that drained this server again; undefined: none did. */
    askDrainers: () => Promise<void> | undefined
    /** by scheme: where a listener may be sent back to, and who steers it */
    edgeUrls: () => readonly string[]
    /** of a master that decides itself: it names its slaves too, and steers */
    decider: Pick<Decider, 'openHls' | 'steerHls' | 'refusal'> | undefined
    /** what was printed this second, for the next listeners of the same objects */
    kept: KeptBytes
    random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array
    roll: () => number
    /** Tells of a request that could not be served. */
    failed: (mount: Mount, error: unknown) => void
  }
}
