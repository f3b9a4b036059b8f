import type { Context } from 'hono'
import { printStreamList } from '../../shared/api/print-stream-list.ts'
import { answerRegistration, isRegistration } from '../../shared/api/registration.ts'
import { admitReporter, type ClusterEnv, printAnswer } from '../../shared/api/routes.ts'
import type { MountDeps } from '../deps.ts'
import { splitRequestUrl } from '../listener/request-url.ts'

/**
 * Answers `GET /admin/streamlist.txt` and `/admin/streams`: the mounts to relay. A request with `rserver`, `rport` and
 * `interval` comes from an icecast-kh slave, and registers it.
 *
 * Lines are absolute, so that a stock slave relays from the master at once. Only icecast-kh would skip such lines; it is recognized by
 * the path, the parameters or its `User-Agent` (`Icecast …`; stock slaves send none).
 */
export async function answerStreamList(
  c: Context<ClusterEnv>,
  { config, cluster, nowMs, door }: MountDeps,
): Promise<Response> {
  const judged = await admitReporter(c, door, config.accounts, 'the stream list')
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
