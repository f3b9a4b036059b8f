import type { Context } from 'hono'
import { parseRegistration } from '../../shared/api/accept.ts'
import { printStreamList } from '../../shared/api/print-stream-list.ts'
import {
  admitReporter,
  type ClusterEnv,
  logRefused,
  printAnswer,
  refuseOtherSite,
  remoteOf,
} from '../../shared/api/routes.ts'
import type { MountDeps } from '../listener/answer.ts'
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
  const reporter = judged.who
  const { path, query } = splitRequestUrl(c.req.url)
  const parameters = new URLSearchParams(query)
  const registers = parameters.has('rserver')
  if (registers) {
    const registration = parseRegistration(parameters)
    if (!registration)
      return c.text('expected rserver=HOST&rport=1…65535&interval=1…3600 (seconds), or none of them\n', 400)
    const answer =
      refuseOtherSite(c) ?? (await cluster.register({ ...registration, reporter, remote: remoteOf(c.env) }))
    if (answer.status !== 200) {
      logRefused(c, `the registration of ${registration.host}`, answer)
      return printAnswer(c, answer)
    }
  }
  const skipsAbsolute =
    registers || path === '/admin/streams' || (c.req.header('user-agent') ?? '').startsWith('Icecast ')
  return c.text(printStreamList(await cluster.fresh(), nowMs(), !skipsAbsolute))
}
