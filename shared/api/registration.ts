import type { Context } from 'hono'
import type { ReporterIdentity } from '../report/reporter.ts'
import { parseRegistration } from './accept.ts'
import type { Cluster } from './cluster.ts'
import { type ClusterEnv, logRefused, printAnswer, refuseOtherSite, remoteOf } from './routes.ts'

/** Whether a request for the stream list also registers its sender: icecast-kh slaves send `rserver`, `rport` and `interval`. */
export const isRegistration = (query: URLSearchParams): boolean => query.has('rserver')

const notOne = {
  status: 400,
  text: 'expected rserver=HOST&rport=1…65535&interval=1…3600 (seconds), or none of them\n',
} as const

/**
 * Registers the icecast-kh slave that requests the stream list with these parameters.
 * @returns undefined if it is registered, or need not be since a HEAD changes nothing; else the answer with the reason
 */
export async function answerRegistration(
  c: Context<ClusterEnv>,
  cluster: Cluster,
  reporter: ReporterIdentity,
  query: URLSearchParams,
): Promise<Response | undefined> {
  const registration = parseRegistration(query)
  if (registration && c.env.head) return undefined
  const answer = registration
    ? (refuseOtherSite(c) ?? (await cluster.register({ ...registration, reporter, remote: remoteOf(c.env) })))
    : notOne
  if (answer.status === 200) return undefined
  logRefused(c, `the registration of ${registration?.host ?? 'a server'}`, answer)
  return printAnswer(c, answer)
}
