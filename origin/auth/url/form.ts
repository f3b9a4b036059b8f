import { type Login, secretBytes } from '../../../shared/http/credentials.ts'
import { formEscaped } from '../../lib/form-escape.ts'

/** What every form of URL authentication tells of this server. */
export interface Server {
  hostname: string
  port: number
}

/** A listener as a backend is told of it, when it comes and when it has gone. */
export interface Visit {
  /** unlike those of all other listeners of this run; what is added and what is removed have the same */
  id: number
  /** path and query as they came */
  target: string
  address: string
  login: Login | undefined
  userAgent: string | undefined
}

/** Somebody who wants to feed a mount, or do there what its source may. */
export interface StreamQuestion {
  mount: string
  address: string
  login: Login | undefined
  /** it calls the admin */
  admin: boolean
}

/** undefined: what is not known, which Icecast writes as `-` */
type Field = readonly [name: string, value: string | number | Uint8Array | undefined]

/** Headers of a listener's request: names in lower case, values as latin1 bytes. */
export type VisitHeaders = ReadonlyMap<string, string>

/** Asks whether a listener may have a mount. `told`: which of its headers, and what is put before their names. */
export const listenerAddForm = (
  server: Server,
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

/** Tells that a listener has gone, and how many seconds it stayed. */
export const listenerRemoveForm = (server: Server, visit: Visit, seconds: number): string =>
  print('listener_remove', [
    ...serverFields(server),
    ...visitFields(visit),
    ['duration', seconds],
    ...addressFields(visit),
  ])

/** Tells that a mount has begun or ended. */
export const mountForm = (action: 'mount_add' | 'mount_remove', server: Server, mount: string): string =>
  print(action, [['mount', mount], ...serverFields(server)])

/** Asks whether somebody may feed a mount, or, with `admin`, do there what its source may. */
export const streamAuthForm = (server: Server, asked: StreamQuestion): string =>
  print('stream_auth', [
    ['mount', asked.mount],
    ['ip', asked.address],
    ...serverFields(server),
    ...loginFields(asked.login),
    ...(asked.admin ? ([['admin', 1]] as const) : []),
  ])

const serverFields = ({ hostname, port }: Server): Field[] => [
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
