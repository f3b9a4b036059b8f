import { isLive, type Server } from '../draw/server.ts'
import { type SliceStep, wholeOf } from '../http/slices.ts'

/** For each url that several live servers report, their ids, sorted. Usually one of them has a copied configuration. */
export const sharedUrls = (
  servers: Iterable<Server>,
  nowMs: number,
): ReadonlyMap<string, readonly string[]> => wholeOf(sharedUrlSteps(servers, nowMs))

/** The same; a step for each server. */
export function* sharedUrlSteps(
  servers: Iterable<Server>,
  nowMs: number,
): Generator<SliceStep, ReadonlyMap<string, readonly string[]>> {
  /** by url: the first that reports it */
  const firsts = new Map<string, string>()
  const shared = new Map<string, string[]>()
  for (const server of servers) {
    yield 0
    if (!isLive(server, nowMs)) continue
    const { id, urls } = server.report
    for (const url of urls) {
      const first = firsts.get(url)
      if (first === undefined) firsts.set(url, id)
      else shared.set(url, [...(shared.get(url) ?? [first]), id])
    }
  }
  for (const ids of shared.values()) ids.sort()
  return shared
}
