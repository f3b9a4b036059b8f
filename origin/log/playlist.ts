import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'

/** Where each new title is logged: playlist.log, beside all else. */
export const playlistCategory = ['distributary', 'playlist'] as const
const log = getLogger([...playlistCategory])

/** Logs a title as it begins, and how many hear it. */
export function logTitle(mount: Mount, listeners: number, title: string): void {
  log.info('title', { mount, listeners, title })
}
