import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { HeaderRule } from '../config/xml/headers.ts'

type Header = readonly [name: string, value: string]

/** What frames an answer; no rule changes these. */
const reserved = new Set(['connection', 'content-length', 'date', 'transfer-encoding'])

/** What the operator adds to answers about a mount: the server's headers, then the mount's. */
export const mountRules = (
  config: Pick<OriginConfig, 'httpHeaders' | 'mounts'>,
  mount: Mount,
): readonly HeaderRule[] => [...config.httpHeaders, ...mountSettings(config, mount).headers]

/**
 * The headers of an answer with what the operator adds to those of its status: `200`, `2*` as in icecast-kh, or all.
 * A rule takes the place of a header of ours, and a later one that of an earlier: two of `Access-Control-Allow-Origin`
 * would be none to a browser.
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
