import { Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { parseMount } from '../../shared/mount.ts'
import { namedMounts, parseParams } from '../http/params.ts'
import { publicStats, publicStatsJson, statusJson } from '../stats/status-json.ts'
import { isVisible, type StatsDeps, type StatsTree, servedMounts, statsTree } from '../stats/tree.ts'
import { type AdminContext, failed, xml } from './answers.ts'
import { layoutHeaders } from './layout.ts'
import { originPlaylist, playlistOf } from './playlists.ts'
import { statusPage } from './status-page.ts'
import { versionPage } from './version-page.ts'
import { root, sourceElement, statsElements } from './xml.ts'

const json = { 'Content-Type': 'application/json; charset=UTF-8', 'Access-Control-Allow-Origin': '*' }
const fresh = { 'Cache-Control': 'no-cache, no-store' }

/** The public pages: the status as page and as JSON. */
export function webApp(deps: StatsDeps): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  /** without hidden mounts; with the parameter `mount` only that one */
  const shown = (c: AdminContext): StatsTree => {
    const params = parseParams(new URL(c.req.url).search)
    const asked = params.has('mount') ? namedMounts(params) : servedMounts(deps)
    return statsTree(deps, asked.filter(isVisible(deps.config)))
  }

  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/status-json.xsl', (c) => c.body(JSON.stringify(statusJson(shown(c))), 200, { ...json, ...fresh }))
  app.get('/admin/publicstats.json', (c) =>
    c.body(JSON.stringify(publicStatsJson(shown(c))), 200, { ...json, ...fresh }),
  )
  app.get('/admin/publicstats', (c) => xml(c, publicElement(shown(c))))
  for (const path of ['/', '/status.xsl'])
    app.get(path, (c) => c.html(statusPage(shown(c)), 200, layoutHeaders))
  app.get('/server_version.xsl', (c) => c.html(versionPage(shown(c).server), 200, layoutHeaders))
  return app
}

/** The last routes: playlists, and 404 for everything else. */
export function playlistApp(deps: StatsDeps): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  app.get('*', (c) => playlist(c, deps) ?? notFound(c))
  app.all('*', notFound)
  return app
}

const notFound = (c: AdminContext) => failed(c, 404, 'The file you requested could not be found')

const publicElement = ({ mounts }: StatsTree) =>
  root(...[...mounts].map(([name, stats]) => sourceElement(name, statsElements(publicStats(stats)))))

/** A playlist with one entry, for any valid name of a mount: some players accept a playlist but not the URL of a stream. */
function playlist(c: AdminContext, deps: StatsDeps): Response | undefined {
  const { pathname, search } = new URL(c.req.url)
  const wanted = playlistOf(pathname)
  const mount = wanted && parseMount(wanted.path)
  if (!mount || c.env.base === undefined) return undefined
  const stats = statsTree(deps, [mount].filter(isVisible(deps.config))).mounts.get(mount) ?? {}
  const { type, text } = originPlaylist({ mount, kind: wanted.kind, base: c.env.base, query: search, stats })
  return c.body(text, 200, { 'Content-Type': type })
}
