import { isLive, type Server } from '../draw/server.ts'

/** For each url that several live servers report, their ids, sorted. Usually one of them has a copied configuration. */
export function sharedUrls(servers: Iterable<Server>, nowMs: number): Map<string, readonly string[]> {
  const byUrl = new Map<string, string[]>()
  for (const server of servers)
    if (isLive(server, nowMs))
      for (const url of server.report.urls) {
        const ids = byUrl.get(url)
        if (ids) ids.push(server.report.id)
        else byUrl.set(url, [server.report.id])
      }
  for (const [url, ids] of byUrl)
    if (ids.length < 2) byUrl.delete(url)
    else ids.sort()
  return byUrl
}
