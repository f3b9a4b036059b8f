import type { ServerJson } from '../../../shared/api/json.ts'
import { basic, numbered, type Source, startSource } from '../audio/source.ts'
import { eventually } from '../base/eventually.ts'
import {
  type EdgeRuntime,
  masterAt,
  type OriginRuntime,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../process/runtimes.ts'
import { type Listener, listen } from '../wire/listener.ts'

/** An edge, a master with a source of numbered frames at `/live.mp3`, and slaves, all in the draw. */
export interface Cluster {
  readonly edge: Server
  readonly master: Server
  readonly slaves: readonly Server[]
  readonly source: Source
  /** where listeners go */
  readonly url: string
  stop(): Promise<void>
}

/** Starts all of it, the edge on a runtime of its own where one is named, and waits until every server is in the draw. */
export async function startCluster(
  runtime: OriginRuntime,
  slaves = 2,
  edgeRuntime: EdgeRuntime = runtime,
): Promise<Cluster> {
  const started: Server[] = []
  const also = async (server: Promise<Server>) => {
    started.push(await server)
    return server
  }
  let source: Source | undefined
  const stop = async () => {
    source?.close()
    await Promise.all(started.map((server) => server.stop()))
  }
  try {
    const edge = await also(startEdge(edgeRuntime))
    const master = await also(startOrigin(runtime, masterAt(edge)))
    source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: numbered })
    const relays = await Promise.all(
      Array.from({ length: slaves }, () => also(startOrigin(runtime, slaveOf(edge)))),
    )
    await eventually(() => areInDraw(edge, [master, ...relays]), { everyMs: 100 })
    return { edge, master, slaves: relays, source, url: `${edge.url}/live.mp3`, stop }
  } catch (problem) {
    const outputs = started.map(({ url, program }) => `${url}:\n${program.output()}`)
    await stop()
    throw new Error(`the cluster did not come up on ${runtime}: ${problem}\n${outputs.join('\n')}`)
  }
}

/** What the edge (or a master that decides itself) knows of its servers. */
export async function serversAt(edge: Server): Promise<ServerJson[]> {
  const answer = await fetch(`${edge.url}/api/servers`, {
    headers: { Authorization: basic('admin', secrets.admin) },
  })
  if (!answer.ok) throw new Error(`/api/servers answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as ServerJson[]
}

/** One server as the edge knows it; undefined where it knows none with this url. */
export const serverAt = async (edge: Server, { url }: Server) =>
  (await serversAt(edge)).find(({ urls }) => urls.includes(url))

async function areInDraw(edge: Server, expected: readonly Server[]): Promise<boolean> {
  const known = await serversAt(edge)
  return expected.every(({ url }) =>
    known.some(({ urls, out, mounts }) => urls.includes(url) && out === null && mounts.length > 0),
  )
}

/** The origins that `count` HEADs are sent to, drawn like listeners but not debited; undefined for an answer that is not a 302. */
export async function drawnOrigins(
  { url }: Pick<Cluster, 'url'>,
  count: number,
  headers: Record<string, string> = {},
): Promise<(string | undefined)[]> {
  const draws: (string | undefined)[] = []
  const draw = async () => {
    const { status, headers: answered } = await fetch(url, { method: 'HEAD', redirect: 'manual', headers })
    const location = answered.get('location')
    draws.push(status === 302 && location !== null ? new URL(location).origin : undefined)
  }
  for (let left = count; left > 0; left -= 10)
    await Promise.all(Array.from({ length: Math.min(10, left) }, draw))
  return draws
}

/** Listens through the edge, again and again, until the draw falls on this server. */
export async function listenAt(
  { url }: Pick<Cluster, 'url'>,
  server: Server,
  options: { icy?: boolean } = {},
): Promise<Listener> {
  return eventually(async () => {
    const listener = await listen(url, options)
    if (listener.status === 200 && listener.url.startsWith(`${server.url}/`)) return listener
    listener.close()
    return undefined
  })
}
