import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { HeaderRule } from '../config/xml/headers.ts'

type Header = readonly [name: string, value: string]

/** Headers that frame an answer; no rule changes them. */
const reserved = new Set(['connection', 'content-length', 'date', 'transfer-encoding'])

/** The configured headers for answers about a mount: those of the server, then those of the mount. */
export const mountRules = (
  config: Pick<OriginConfig, 'httpHeaders'> & { mounts: Pick<OriginConfig['mounts'], 'of'> },
  mount: Mount,
): readonly HeaderRule[] => {
  const { headers } = mountSettings(config, mount)
  // the same list again, where it is one: what was printed with it is still right
  if (headers.length === 0) return config.httpHeaders
  return [...config.httpHeaders, ...headers]
}

/**
 * Adds the configured headers for a status to an answer: rules for `200`, for `2*` as in icecast-kh, or for all.
 * A rule replaces a header of ours, and a later rule an earlier one: browsers reject two `Access-Control-Allow-Origin`.
 */
export function withRules(
  headers: Iterable<Header>,
  rules: readonly HeaderRule[],
  status: number,
): Iterable<Header> {
  if (rules.length === 0) return headers
  const added = new Map<string, Header>()
  for (const rule of rules) {
    const name = rule.name.toLowerCase()
    if (!reserved.has(name) && applies(rule, status)) added.set(name, [rule.name, rule.value])
  }
  return [...[...headers].filter(([name]) => !added.has(name.toLowerCase())), ...added.values()]
}

const applies = ({ status: filter }: HeaderRule, status: number): boolean =>
  filter === undefined || new RegExp(`^${filter.replaceAll('*', '\\d*')}$`).test(String(status))
