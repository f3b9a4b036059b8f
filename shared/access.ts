import { isLogin, type Login, sameSecret } from './credentials.ts'

/** Who may do what at a decider; an empty list or undefined means that nobody may. */
export interface Access {
  relayUser: string
  /** several during a rotation */
  relayPasswords: readonly string[]
  adminUser: string
  adminPassword: string | undefined
  /** where set, only it may report `role: master` */
  masterPassword: string | undefined
  /** ids with a password of their own */
  relays: ReadonlyMap<string, string>
}

/** Whom a login proves: the relays' common account, the master's, or one server by its id. */
export type Reporter = { kind: 'relay' } | { kind: 'master' } | { kind: 'server'; id: string }

/** The user of {@link Access.masterPassword}. */
export const masterUser = 'master'

export const isAdmin = (access: Access, login: Login | undefined): boolean =>
  login !== undefined &&
  access.adminPassword !== undefined &&
  isLogin(login, access.adminUser, [access.adminPassword])

/** Who reports with this login; undefined where it is nobody's. A server of {@link Access.relays} may write its id as the user. */
export function reporterOf(access: Access, login: Login | undefined): Reporter | undefined {
  if (!login) return undefined
  if (isLogin(login, access.relayUser, access.relayPasswords)) return { kind: 'relay' }
  if (access.masterPassword !== undefined && isLogin(login, masterUser, [access.masterPassword]))
    return { kind: 'master' }
  for (const [id, password] of access.relays) {
    const user = sameSecret(login.user, id) || sameSecret(login.user, access.relayUser)
    if (sameSecret(login.password, password) && user) return { kind: 'server', id }
  }
  return undefined
}

/** What a report says of who sent it; undefined where it does not say. */
export interface Claim {
  id: string | undefined
  role: string | undefined
}

/** Why this reporter may not send this report, or undefined when it may. */
export function refusal(access: Access, reporter: Reporter, { id, role }: Claim): string | undefined {
  if (role === 'master' && access.masterPassword !== undefined && reporter.kind !== 'master')
    return `role is "master", expected the credentials of user ${masterUser} for it`
  if (reporter.kind === 'server' && id !== undefined && reporter.id !== id)
    return `id is "${id}", expected "${reporter.id}" with these credentials`
  const speaksForMaster = reporter.kind === 'master' && role === 'master'
  if (id !== undefined && reporter.kind !== 'server' && !speaksForMaster && access.relays.has(id))
    return `id is "${id}", expected that id's own credentials`
  return undefined
}
