import { getLogger } from '@logtape/logtape'
import { type Context, Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { parseBasic } from '../../shared/http/credentials.ts'
import { printMount } from '../../shared/mount.ts'
import { proven } from '../http/logins.ts'
import { notMeant } from '../http/meant.ts'
import { mountParam, namedMount, type Params, parseParams } from '../http/params.ts'
import { isVisible, servedMounts } from '../stats/tree.ts'
import { type AdminContext, failed, Refused, succeeded, unauthenticated, xml } from '../web/answers.ts'
import { layoutHeaders } from '../web/layout.ts'
import { textIn } from '../web/xml.ts'
import type { AdminAnswer, AdminCall, AdminDeps, Command, NotDone } from './call.ts'
import { commands } from './commands.ts'
import { parametersOf } from './form.ts'
import { printJson } from './json.ts'
import { printAnswerPage } from './pages/pages.ts'

const log = getLogger(['distributary', 'admin'])

/** A path below `/admin/`: a command, and the format of its answer. */
export interface AdminTarget {
  name: string
  as: 'xml' | 'html' | 'json'
}

const writings = { xml: 'xml', xsl: 'html', json: 'json' } as const

/** Parses a path like `/admin/listclients.xsl`. `/admin/` is the home page for browsers, and the stats for other programs. */
export function parseAdminPath(path: string, accept: string | undefined): AdminTarget | undefined {
  const [, name, suffix] = /^\/admin\/([a-z0-9]*)(?:\.(xml|xsl|json))?$/.exec(path) ?? []
  if (path === '/admin' || path === '/admin/')
    return { name: 'stats', as: accept?.includes('text/html') ? 'html' : 'xml' }
  if (name === undefined) return undefined
  return { name, as: suffix === 'xsl' || suffix === 'json' ? writings[suffix] : 'xml' }
}

/** Everything below `/admin/`: the commands, and the lists for relays. */
export function adminApp(deps: AdminDeps): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()

  for (const path of ['/admin/streamlist.txt', '/admin/streams'])
    app.get(path, (c) => {
      const { relay, admin } = proven(deps.config, c.req.header('authorization'))
      return relay || admin ? c.text(printStreamList(deps)) : unauthenticated(c)
    })
  // Icecast's answer would be a URL with a password in it
  app.all('/admin/buildm3u', (c) => c.text('this server does not make URLs with passwords\r\n', 403))

  app.on(['GET', 'POST'], ['/admin', '/admin/*'], async (c) => {
    const target = parseAdminPath(c.req.path, c.req.header('accept'))
    const command = target && commands.get(target.name)
    if (!command) return failed(c, 400, 'Unrecognised command')
    try {
      return await answer(c, deps, target, command)
    } catch (error) {
      if (error instanceof Refused) return failed(c, error.status, error.message)
      throw error
    }
  })
  return app
}

/** The checks in the order of Icecast 2.4, then the command. */
async function answer(
  c: AdminContext,
  deps: AdminDeps,
  target: AdminTarget,
  command: Command,
): Promise<Response> {
  const query = await parametersOf(c.req.raw)
  const params = parseParams(query)
  const call = {
    ...deps,
    params,
    query,
    mount: mountParam(params),
    isAdmin: isAdmin(c, deps),
    address: c.env.address,
  }
  if (!call.isAdmin && !(await isSource(c, command, call))) return unauthenticated(c)
  const changes = command.changes?.(params) ?? false
  if (changes) checkMeant(c, deps)
  checkMount(command, params)
  const about = { command: target.name, mount: call.mount, address: call.address }
  try {
    const made = await command.run(call)
    const why = refusalIn(made)
    if (why !== undefined) log.info('admin command rejected', { ...about, why })
    else if (changes) log.info('admin command', about)
    return write(c, target, 'why' in made ? made.answer : made, params)
  } catch (error) {
    if (error instanceof Refused) log.info('admin command rejected', { ...about, why: error.message })
    throw error
  }
}

/** Why a command that answered did nothing: its `return` is 0, or `why` is set. */
function refusalIn(made: AdminAnswer): string | undefined {
  if ('why' in made) return made.why
  if ('done' in made) return undefined
  return textIn(made, 'return') === '0' ? textIn(made, 'message') : undefined
}

/** Rejects cross-site requests, to which browsers add the admin's password, and HEAD, which must not change anything. */
function checkMeant(c: AdminContext, { config }: AdminDeps): void {
  const hosts = config.publicUrls.map((url) => new URL(url).host)
  const why = notMeant(c.req.raw, hosts)
  if (why !== undefined) {
    log.warn('cross-site request rejected', { path: c.req.path, address: c.env.address, why })
    throw new Refused(why, 403)
  }
  if (c.env.head) throw new Refused('this changes something, expected GET or POST', 405)
}

const isAdmin = (c: AdminContext, { config }: AdminDeps) =>
  proven(config, c.req.header('authorization')).admin

/** The source of a mount may call commands for its mount, as in Icecast 2.4. */
async function isSource(c: AdminContext, command: Command, { params, auth }: AdminCall): Promise<boolean> {
  const name = params.get('mount')
  if (name === undefined || command.mount === 'none') return false
  // an invalid name is rejected by the command, if the login is that of the mount with a slash before the name
  const mount = namedMount(name) ?? namedMount(`/${name}`)
  if (mount === undefined) return false
  const login = parseBasic(c.req.header('authorization'))
  return login !== undefined && auth.mayAdmin({ mount, login, address: c.env.address ?? '' })
}

function checkMount({ mount }: Command, params: Params): void {
  if (mount === 'required' && !params.has('mount')) throw new Refused('Unknown admin request')
  if (mount === 'none' && params.has('mount')) throw new Refused('Mount request unknown')
}

function write(
  c: Context<ClusterEnv>,
  { name, as }: AdminTarget,
  answer: Exclude<AdminAnswer, NotDone>,
  params: Params,
): Response | Promise<Response> {
  if ('done' in answer && as !== 'html') return succeeded(c, answer.done)
  if ('done' in answer)
    return c.html(printAnswerPage('done', ['done', answer.done], params), 200, layoutHeaders)
  if (as === 'html') return c.html(printAnswerPage(name, answer, params), 200, layoutHeaders)
  if (as === 'xml') return xml(c, answer)
  return c.body(printJson(answer), 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
}

/** The stream list that slaves poll: the public mounts, one per line. */
const printStreamList = (deps: AdminDeps): string =>
  servedMounts(deps)
    .filter(isVisible(deps.config))
    .map((name) => `${printMount(name)}\r\n`)
    .join('')
