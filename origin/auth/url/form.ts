import { type Login, secretBytes } from '../../../shared/http/credentials.ts'
import { formEscaped } from '../../lib/form-escape.ts'

/** This server, as every form of URL authentication names it. */
export interface ServerName {
  hostname: string
  port: number
}

/** A listener in the forms for a backend, when it comes and when it has left. */
export interface Visit {
  /** unique among the listeners of this run; the same in listener_add and listener_remove */
  id: number
  /** path and query, as received */
  target: string
  address: string
  login: Login | undefined
  userAgent: string | undefined
}

/** A request to feed a mount, or to call the admin for it. */
export interface StreamQuestion {
  mount: string
  address: string
  login: Login | undefined
  /** an admin call */
  admin: boolean
}

/** undefined: unknown, which Icecast writes as `-` */
type Field = readonly [name: string, value: string | number | Uint8Array | undefined]

/** Headers of a listener's request: names in lower case, values as latin1 bytes. */
export type VisitHeaders = ReadonlyMap<string, string>

/** Asks whether a listener may have a mount. `told`: the headers to pass on, and the prefix of their names. */
export const listenerAddForm = (
  server: ServerName,
  visit: Visit & { headers: VisitHeaders },
  told: { headers: readonly string[]; headerPrefix: string },
): string =>
  print('listener_add', [
    ...serverFields(server),
    ...visitFields(visit),
    ...addressFields(visit),
    ...told.headers.flatMap((name): Field[] => {
      const value = visit.headers.get(name)
      return value === undefined ? [] : [[told.headerPrefix + name, latin1(value)]]
    }),
  ])

/** Notifies that a listener has left, and how many seconds it listened. */
export const listenerRemoveForm = (server: ServerName, visit: Visit, seconds: number): string =>
  print('listener_remove', [
    ...serverFields(server),
    ...visitFields(visit),
    ['duration', seconds],
    ...addressFields(visit),
  ])

/** Notifies that a mount has begun or ended. */
export const mountForm = (action: 'mount_add' | 'mount_remove', server: ServerName, mount: string): string =>
  print(action, [['mount', mount], ...serverFields(server)])

/** Asks whether a source may feed a mount or, with `admin`, call the admin for it. */
export const streamAuthForm = (server: ServerName, asked: StreamQuestion): string =>
  print('stream_auth', [
    ['mount', asked.mount],
    ['ip', asked.address],
    ...serverFields(server),
    ...loginFields(asked.login),
    ...(asked.admin ? ([['admin', 1]] as const) : []),
  ])

const serverFields = ({ hostname, port }: ServerName): Field[] => [
  ['server', hostname],
  ['port', port],
]
const visitFields = ({ id, target, login }: Visit): Field[] => [
  ['client', id],
  ['mount', target],
  ...loginFields(login),
]
const loginFields = (login: Login | undefined): Field[] => [
  ['user', secretBytes(login?.user ?? '')],
  ['pass', secretBytes(login?.password ?? '')],
]
const addressFields = ({ address, userAgent }: Visit): Field[] => [
  ['ip', address],
  ['agent', userAgent === undefined ? undefined : latin1(userAgent)],
]

const latin1 = (bytes: string) => Buffer.from(bytes, 'latin1')

const print = (action: string, fields: readonly Field[]): string =>
  [`action=${action}`, ...fields.map(([name, value]) => `${name}=${escaped(value)}`)].join('&')

const escaped = (value: Field[1]): string =>
  value === undefined ? '-' : formEscaped(typeof value === 'object' ? value : Buffer.from(String(value)))
