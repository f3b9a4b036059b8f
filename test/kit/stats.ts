import type { Server } from './runtimes.ts'

interface SourceStats {
  listenurl: string
  title?: string
}

/** What a server's public stats say is playing at a mount; undefined where they say nothing. */
export async function titleAt({ url }: Pick<Server, 'url'>, mount: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/status-json.xsl`)
  const { icestats } = (await answer.json()) as { icestats: { source?: SourceStats | SourceStats[] } }
  const sources = [icestats.source ?? []].flat()
  return sources.find(({ listenurl }) => listenurl.endsWith(mount))?.title
}
