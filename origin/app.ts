import { Hono } from 'hono'
import type { ClusterEnv } from '../shared/cluster-app.ts'
import { parseMount, printMount } from '../shared/mount.ts'
import { type AdminContext, failed, guard, result, xml } from './admin/answers.ts'
import { killClient, killSource, listClients, listMounts } from './admin/commands.ts'
import { updateMetadata } from './admin/metadata.ts'
import { statusPage } from './admin/pages.ts'
import { mountParam, parseParams } from './admin/params.ts'
import { statsXml, statusJson } from './admin/stats.ts'
import type { OriginConfig } from './config/config.ts'
import type { Proven } from './http/logins.ts'
import { playlistOf } from './http/routes.ts'
import type { ActiveMount } from './mount/mount.ts'
import type { OriginState } from './state.ts'

const either = ['GET', 'POST']

/**
 * Everything that is no stream: pages, stats, the admin.
 * @param cluster the routes of a master that decides itself; they come first
 */
export function originApp(
  config: OriginConfig,
  state: OriginState,
  nowMs: () => number,
  cluster?: Hono<ClusterEnv>,
): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  if (cluster) app.route('/', cluster)
  const { mounts } = state
  /** the mount that the query names, or all */
  const asked = (c: AdminContext): ActiveMount[] => {
    const params = parseParams(new URL(c.req.url).search)
    if (!params.has('mount')) return mounts.list()
    const name = mountParam(params)
    return mounts.list().filter((mount) => mount.name === name)
  }

  app.get('/healthz', (c) => c.text('ok\n'))
  app.get('/status-json.xsl', (c) =>
    c.json(statusJson(config, state, asked(c)), 200, {
      'Content-Type': 'application/json; charset=UTF-8',
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'no-store',
    }),
  )
  for (const path of ['/', '/status.xsl']) app.get(path, (c) => c.html(statusPage(config, asked(c))))
  adminRoutes(app, config, state, nowMs, asked)
  app.get('*', (c) => playlist(c) ?? notFound(c))
  app.notFound(notFound)
  return app
}

const notFound = (c: AdminContext): Response =>
  c.req.path.startsWith('/admin')
    ? failed(c, 400, 'Unrecognised command')
    : failed(c, 404, 'The file you requested could not be found')

function adminRoutes(
  app: Hono<ClusterEnv>,
  config: OriginConfig,
  { mounts, drain, ...rest }: OriginState,
  nowMs: () => number,
  asked: (c: AdminContext) => ActiveMount[],
): void {
  const state = { mounts, drain, ...rest }
  const admin = (path: string, handler: (c: AdminContext) => Response) =>
    app.on(either, [path], guard(config, isAdmin, handler))
  // the source of a mount may do to it what the admin may, as in Icecast 2.4
  const onMount = (path: string, handler: (c: AdminContext) => Response) =>
    app.on(either, [path], guard(config, isAdminOrSource, handler))
  const relay = (path: string, handler: (c: AdminContext) => Response) =>
    app.get(path, guard(config, isRelayOrAdmin, handler))

  for (const path of ['/admin', '/admin/', '/admin/stats', '/admin/stats.xml'])
    onMount(path, (c) => xml(c, statsXml(config, state, asked(c))))
  for (const path of ['/admin/listmounts', '/admin/streamlist'])
    admin(path, (c) => listMounts(c, mounts, nowMs()))
  onMount('/admin/metadata', (c) => updateMetadata(c, mounts))
  onMount('/admin/listclients', (c) => listClients(c, mounts, nowMs()))
  onMount('/admin/killclient', (c) => killClient(c, mounts))
  onMount('/admin/killsource', (c) => killSource(c, mounts))
  for (const [path, active] of [
    ['/admin/drain', true],
    ['/admin/undrain', false],
  ] as const)
    admin(path, (c) => {
      drain.set(active)
      return result(c, active ? 'Draining: no new listeners' : 'Taking listeners', true)
    })
  for (const path of ['/admin/streamlist.txt', '/admin/streams'])
    relay(path, (c) =>
      c.text(
        mounts
          .list()
          .map(({ name }) => `${printMount(name)}\r\n`)
          .join(''),
      ),
    )
  // it would make a URL with a password in it
  app.all('/admin/buildm3u', (c) => c.text('the server makes no URL with a password in it\r\n', 403))
}

const isAdmin = ({ admin }: Proven) => admin
const isRelayOrAdmin = ({ relay, admin }: Proven) => relay || admin
const isAdminOrSource = ({ admin, source }: Proven, c: AdminContext) =>
  admin || (source && parseParams(new URL(c.req.url).search).has('mount'))

/** A playlist of one line, for any name of a mount: players that take no stream URL take this. */
function playlist(c: AdminContext): Response | undefined {
  const path = playlistOf(new URL(c.req.url).pathname)
  const mount = path === undefined ? undefined : parseMount(path)
  if (!mount || c.env.base === undefined) return undefined
  return c.text(`${c.env.base}${printMount(mount)}\r\n`, 200, { 'Content-Type': 'audio/x-mpegurl' })
}
