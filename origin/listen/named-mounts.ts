import { printMount } from '../../shared/mount.ts'
import { namedMountsMax, namingMounts } from '../../shared/named-mounts.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { ActiveMount } from '../mount/mount.ts'

/** What a listener may have meant: the public mounts that play here, as a line of text; empty if there are none. */
export function playingHere(config: Pick<OriginConfig, 'mounts'>, mounts: readonly ActiveMount[]): string {
  const found: string[] = []
  for (const { name } of mounts) {
    if (found.length === namedMountsMax) break
    const { hidden, noMount } = mountSettings(config, name)
    if (!hidden && !noMount) found.push(printMount(name))
  }
  return namingMounts(found)
}
