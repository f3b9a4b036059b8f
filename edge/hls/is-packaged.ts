import type { View } from '../../shared/draw/view.ts'
import { kindOfType } from '../../shared/hls/kinds.ts'
import type { Mount } from '../../shared/mount.ts'
import type { AboutMount } from '../../shared/report/about-mount.ts'

/** Whether a mount is an HLS stream too: a master says so of each; without a master only the content type tells. */
export const isPackagedAs = (about: AboutMount | undefined, contentType: string): boolean =>
  about ? about.hls !== undefined : kindOfType(contentType) !== undefined

/** The same of a mount that the servers report. */
export const isPackaged = (view: View, mount: Mount, nowMs: number): boolean =>
  isPackagedAs(view.about(mount, nowMs), reportedMount(view, mount).contentType)

/** What the servers report of a mount: the first that knows it. Of Ogg only a master says the codec. */
export function reportedMount(view: View, mount: Mount): { contentType: string; kbps: number } {
  let contentType = ''
  let kbps = 0
  for (const { mount: said } of view.mounts.get(mount)?.carriers.values() ?? []) {
    if (!kindOfType(contentType)) contentType = said.contentType || contentType
    kbps ||= said.kbps
  }
  return { contentType, kbps }
}
