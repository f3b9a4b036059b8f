import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { FetchedObject } from '../../../shared/hls/object-cache.ts'
import { readObject } from '../../../shared/hls/read-object.ts'
import type { FailOver } from '../../../shared/http/fail-over.ts'
import { serverAgent } from '../../../shared/version.ts'
import { relayLimits } from '../limits.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { checkReach, type Reach } from './reach.ts'

export interface FetchObjectDeps {
  /** of the object; a master that sends more is passed over */
  bytesMax: number
  fetch: typeof fetch
  reach: Omit<Reach, 'configured'>
  /** which upstreams failed lately */
  failOver: FailOver
}

/**
 * An object of a mount from the first of its upstreams that has it, in the order in which relays use them: those of masters that answer
 * come first, and those that failed lately last. That one of them does not have the object counts only if none other has it.
 * @throws if none of them answers
 */
export async function fetchObject(
  path: string,
  upstreams: readonly Upstream[],
  deps: FetchObjectDeps,
): Promise<FetchedObject> {
  const ranked = [
    ...upstreams.filter(({ isDoubtful }) => !isDoubtful),
    ...upstreams.filter(({ isDoubtful }) => isDoubtful),
  ]
  const object = await deps.failOver.ask(
    ranked,
    ({ url }) => url.origin,
    (upstream) => fetchFrom(upstream, path, deps),
    ({ status }) => status === 200,
  )
  if (!object) throw new Error(`no server is known that has ${path}`)
  return object
}

async function fetchFrom(
  { url, configured, pass }: Upstream,
  path: string,
  { fetch, reach, bytesMax }: FetchObjectDeps,
): Promise<FetchedObject> {
  let target = new URL(path, url)
  const signal = AbortSignal.timeout(hlsLimits.fetchMs)
  for (let hop = 0; hop < relayLimits.requestsMax; hop++) {
    const checked = await checkReach(target, { ...reach, configured })
    if ('refused' in checked) throw new Error(checked.refused)
    const headers: Record<string, string> = { 'user-agent': serverAgent }
    if (pass?.origins.has(target.origin)) headers.authorization = pass.authorization
    const response = await fetch(target, { headers, redirect: 'manual', signal })
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      target = new URL(location, target)
      continue
    }
    return await readObject(response, target.origin, bytesMax)
  }
  throw new Error(`${url.origin} redirected ${relayLimits.requestsMax} times`)
}
