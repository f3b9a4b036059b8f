import type { OriginConfig, SettingSources } from './config.ts'

/**
 * Advice on settings that are valid one by one, but together are probably a mistake.
 *
 * The icecast.xml of a stock slave does not mention reports: such a slave only relays, as it did with Icecast (S13).
 */
export function adviceOn({ flags, file }: SettingSources, config: OriginConfig): string[] {
  const isSaid = flags.publicSlave !== undefined || file?.settings.publicSlave !== undefined
  const reports = config.publicSlave || config.edges.length > 0
  if (config.masters.length === 0 || reports || isSaid) return []
  return [
    'this slave reports to nobody, so it gets no redirected listeners: <master-public-slave> is not set; ' +
      'set it to 1 (or use --public-slave) to report to the master, or to 0 to relay only',
  ]
}
