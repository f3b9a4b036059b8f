import type { OriginConfig, SettingSources } from './config.ts'

/**
 * What an operator is told of settings that are good each by itself and together hardly meant.
 *
 * An icecast.xml of a stock slave says nothing of reports: it only relays, as it did at Icecast (S13).
 */
export function adviceOn({ flags, file }: SettingSources, config: OriginConfig): string[] {
  const isSaid = flags.publicSlave !== undefined || file?.settings.publicSlave !== undefined
  const reports = config.publicSlave || config.edges.length > 0
  if (config.masters.length === 0 || reports || isSaid) return []
  return [
    'this slave reports to nobody, so nobody sends it a listener: <master-public-slave> is not set; ' +
      'expected 1 (or the flag --public-slave) to report to the master, 0 to relay alone',
  ]
}
