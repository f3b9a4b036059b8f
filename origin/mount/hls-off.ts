import type { MountSettings } from '../config/mount-settings.ts'
import type { ActiveMount } from './mount.ts'

/** A master tells its slaves by this header of a relay's answer that a mount is not packaged; it alone has the setting. */
export const hlsOffHeader = ['HLS', 'off'] as const

/** Whether HLS is switched off for a mount: here, or at the master that it is relayed from. */
export const isHlsOff = (
  { hls }: Pick<MountSettings, 'hls'>,
  live: Pick<ActiveMount, 'info'> | undefined,
): boolean =>
  hls === 'off' ||
  (live?.info.kind === 'relay' && live.info.headers.get(hlsOffHeader[0].toLowerCase()) === hlsOffHeader[1])
