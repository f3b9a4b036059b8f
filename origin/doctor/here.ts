import { ask } from '../../shared/doctor/ask.ts'
import { type Check, fine, warning } from '../../shared/doctor/check.ts'
import { checkMachine, readMachine } from '../../shared/doctor/machine.ts'
import { checkLogin } from '../../shared/doctor/network.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import type { OriginConfig } from '../config/config.ts'
import { localUrlOf } from '../config/local-url.ts'
import { listenersMax } from '../process/descriptors.ts'
import type { Rim } from './rim.ts'

/** bytes of the program itself, and of a listener (docs/benchmarks.md#fan-out), with a margin */
const programBytes = 160 * 1_048_576
const bytesEach = 20 * 1024
const bytesEachByTls = 64 * 1024

/** The limits of this machine, for as many listeners as are configured. */
export function checkThisMachine({ limits, tls }: OriginConfig, { read }: Pick<Rim, 'read'>): Check[] {
  const facts = readMachine(read)
  const { maxListeners } = limits
  return checkMachine(facts, {
    connections: maxListeners,
    connectionsThatFit: listenersMax({ maxListeners, openFiles: facts.openFiles }, 0),
    programBytes,
    bytesEach: tls ? bytesEachByTls : bytesEach,
  })
}

/** Whether the server runs, and runs with these passwords. */
export async function checkThisServer(config: OriginConfig, { fetch }: Pick<Rim, 'fetch'>): Promise<Check[]> {
  const url = localUrlOf(config)
  if (url === undefined)
    return [fine('this server', 'not asked: all its sockets have TLS, for a name that is not localhost')]
  const asked = await ask(fetch, `${url}/status-json.xsl`)
  if ('problem' in asked)
    return [
      warning(
        'this server',
        `no answer at ${url} (${asked.problem})`,
        'start it: then its passwords can be checked too',
      ),
    ]
  const { sourcePassword, relayUser, relayPassword, adminUser, adminPassword } = config
  const login = async (setting: string, user: string, password: string | undefined, to: To) => {
    if (password === undefined) return []
    const authorization = printBasic({ user, password })
    const answer = await ask(fetch, `${url}${to.path}`, { method: to.method, authorization })
    const check = checkLogin({ setting, url, password }, answer, to.right)
    const todo = 'the running server has another: restart it, or send SIGHUP'
    return [check.text === 'rejected' ? { ...check, todo } : check]
  }
  return [
    fine('this server', `runs at ${url}${asked.server === null ? '' : ` as ${asked.server}`}`),
    ...(await login('source password', 'source', sourcePassword, asSource)),
    ...(await login('relay password', relayUser, relayPassword, { ...get, path: '/admin/streamlist.txt' })),
    ...(await login('admin password', adminUser, adminPassword, { ...get, path: '/admin/stats' })),
  ]
}

interface To {
  method: 'GET' | 'PUT'
  path: string
  /** statuses that mean that the login was right */
  right: readonly number[]
}

const get = { method: 'GET', right: [200] } as const
/** a path that no source may feed: a right password gets 403, and nothing changes */
const asSource: To = { method: 'PUT', path: '/healthz', right: [403] }
