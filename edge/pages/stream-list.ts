import type { Context } from 'hono'
import { printStreamList } from '../../shared/api/print-stream-list.ts'
import { answerRegistration, isRegistration } from '../../shared/api/registration.ts'
import { admitReporter, type ClusterEnv, printAnswer } from '../../shared/api/routes.ts'
import type { MountDeps } from '../deps.ts'
import { splitRequestUrl } from '../listener/request-url.ts'

/**
 * Answers `GET /admin/streamlist.txt` and `/admin/streams`: the mounts to relay. With `rserver`, `rport` and
 * `interval` in the query it is an icecast-kh slave, which registers by asking.
 *
 * Lines are absolute, so that a stock slave relays from the master at once, except for those that would skip such
 * lines: icecast-kh, known by its path, its parameters or its `User-Agent` (its slaves say `Icecast `, stock ones nothing).
 */
export async function answerStreamList(
  c: Context<ClusterEnv>,
  { config, cluster, nowMs, door }: MountDeps,
): Promise<Response> {
  const judged = await admitReporter(c, door, config.access, 'the stream list')
  if ('refused' in judged) return printAnswer(c, judged.refused)
  const { path, query } = splitRequestUrl(c.req.url)
  const parameters = new URLSearchParams(query)
  const registers = isRegistration(parameters)
  const refused = registers ? await answerRegistration(c, cluster, judged.who, parameters) : undefined
  if (refused) return refused
  const skipsAbsolute =
    registers || path === '/admin/streams' || (c.req.header('user-agent') ?? '').startsWith('Icecast ')
  return c.text(printStreamList(await cluster.fresh(), nowMs(), !skipsAbsolute))
}
