import { basic } from '../audio/source.ts'
import { type Server, secrets } from '../process/runtimes.ts'

interface SourceStats {
  listenurl: string
  listeners: number
  artist?: string
  title?: string
  /** left out of a relay that waits for its first listener */
  stream_start?: string
}

/** What a server's public stats say of a mount; undefined where they do not know it. */
export async function statsOf({ url }: Pick<Server, 'url'>, mount: string): Promise<SourceStats | undefined> {
  const answer = await fetch(`${url}/status-json.xsl`)
  const { icestats } = (await answer.json()) as { icestats: { source?: SourceStats | SourceStats[] } }
  return [icestats.source ?? []].flat().find(({ listenurl }) => listenurl.endsWith(mount))
}

/** What a server's public stats say is playing at a mount, `artist - title` where they tell them apart; undefined where they say nothing. */
export async function titleAt(server: Pick<Server, 'url'>, mount: string): Promise<string | undefined> {
  const { artist, title } = (await statsOf(server, mount)) ?? {}
  return artist && title ? `${artist} - ${title}` : (title ?? artist)
}

/** How many listen at an origin, and how many it has dropped since they fell off the queue. */
export async function audienceOf({ url }: Pick<Server, 'url'>): Promise<{ listeners: number; slow: number }> {
  const answer = await fetch(`${url}/admin/stats`, {
    headers: { Authorization: basic('admin', secrets.admin) },
  })
  const text = await answer.text()
  const numberIn = (element: string) => Number(new RegExp(`<${element}>(\\d+)<`).exec(text)?.[1] ?? -1)
  return { listeners: numberIn('listeners'), slow: numberIn('slow_listeners') }
}

/** Icecast 2.4 prints invalid JSON for titles such as `-` (docs/icecast.md). */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
