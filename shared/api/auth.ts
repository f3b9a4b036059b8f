import { isLogin, type Login, sameSecret } from '../http/credentials.ts'
import type { Report } from '../report/report.ts'
import type { ReporterIdentity } from '../report/reporter.ts'

/** The credentials of a decider. An empty list or undefined allows nobody. */
export interface Accounts {
  relayUser: string
  /** several while passwords are rotated */
  relayPasswords: readonly string[]
  adminUser: string
  adminPassword: string | undefined
  /** if set, only it may report `role: master` */
  masterPassword: string | undefined
  /** ids with a password of their own, and the role that it carries */
  relays: ReadonlyMap<string, OwnLogin>
}

/** The login of a single server. */
export interface OwnLogin {
  password: string
  role: Report['role']
}

/** The user of {@link Accounts.masterPassword}. */
export const masterUser = 'master'

export const isAdmin = (accounts: Accounts, login: Login | undefined): boolean =>
  login !== undefined &&
  accounts.adminPassword !== undefined &&
  isLogin(login, accounts.adminUser, [accounts.adminPassword])

/** The reporter with this login; undefined if it is unknown. A server of {@link Accounts.relays} may send its id as the user, a master also "master". */
export function reporterOf(accounts: Accounts, login: Login | undefined): ReporterIdentity | undefined {
  if (!login) return undefined
  if (isLogin(login, accounts.relayUser, accounts.relayPasswords)) return { kind: 'relay' }
  if (accounts.masterPassword !== undefined && isLogin(login, masterUser, [accounts.masterPassword]))
    return { kind: 'master' }
  let found: ReporterIdentity | undefined
  for (const [id, { password, role }] of accounts.relays) {
    const users = role === 'master' ? [id, accounts.relayUser, masterUser] : [id, accounts.relayUser]
    const user = users.some((each) => sameSecret(login.user, each))
    if (sameSecret(login.password, password) && user) found ??= { kind: 'server', id, role }
  }
  return found
}

/** The sender that a report claims; undefined fields are missing in the report. */
export interface Claim {
  id: string | undefined
  role: string | undefined
}

/** Why this reporter may not send this report, or undefined if it may. */
export function refusal(
  accounts: Accounts,
  reporter: ReporterIdentity,
  { id, role }: Claim,
): string | undefined {
  if (reporter.kind === 'server') {
    if (id !== undefined && reporter.id !== id)
      return `id is "${id}", expected "${reporter.id}" with these credentials`
    if (role !== undefined && reporter.role !== role)
      return `role is "${role}", expected "${reporter.role}" with these credentials`
    return undefined
  }
  if (role === 'master' && accounts.masterPassword !== undefined && reporter.kind !== 'master')
    return `role is "master", expected the credentials of user ${masterUser}`
  const own = id === undefined ? undefined : accounts.relays.get(id)
  const speaksForMaster = reporter.kind === 'master' && role === 'master' && own?.role !== 'master'
  if (own && !speaksForMaster) return `id is "${id}", expected the credentials of that id`
  return undefined
}
