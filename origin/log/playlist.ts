import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'

/** Each new title is logged in this category, for playlist.log. */
export const playlistCategory = ['distributary', 'playlist'] as const
const log = getLogger([...playlistCategory])

/** Logs a title when it begins, with the number of listeners. */
export function logTitle(mount: Mount, listeners: number, title: string): void {
  log.info('title', { mount, listeners, title })
}
