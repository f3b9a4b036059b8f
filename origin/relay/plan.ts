import { printBasic } from '../../shared/http/credentials.ts'
import type { OriginConfig } from '../config/config.ts'
import type { RelaySettings, UpstreamSettings } from '../config/xml/relay-settings.ts'
import { distinct, type Upstream } from './upstreams/upstream.ts'

/** How to run a relay. */
export interface RelayPlan {
  /** in order of preference, without repeats; at least one */
  readonly upstreams: readonly Upstream[]
  /** whether to ask for titles */
  readonly icy: boolean
  /** runs only while somebody listens */
  readonly onDemand: boolean
  /** ms between two attempts while nobody waits; undefined: the same as for all relays */
  readonly retryDelayMs: number | undefined
}

/** The plan for a `<relay>` block. */
export const planOfBlock = (
  { upstreams, icy, onDemand, retryDelayMs }: RelaySettings,
  config: Pick<OriginConfig, 'onDemand'>,
): RelayPlan => ({
  upstreams: distinct(upstreams.map(upstreamOf)),
  icy,
  onDemand: onDemand ?? config.onDemand,
  retryDelayMs,
})

/** The plan for a mount that masters list. */
export const planOfListed = (
  upstreams: readonly Upstream[],
  { onDemand }: Pick<OriginConfig, 'onDemand'>,
): RelayPlan => ({ upstreams, icy: true, onDemand, retryDelayMs: undefined })

function upstreamOf({ url, user, password }: UpstreamSettings): Upstream {
  const base = { url, configured: url.origin, isDoubtful: false }
  if (user === undefined && password === undefined) return { ...base, pass: undefined }
  const authorization = printBasic({ user: user ?? '', password: password ?? '' })
  return { ...base, pass: { authorization, origins: new Set([url.origin]) } }
}
