import { valueIn } from '../../../shared/value-in.ts'
import { boolean, httpUrl, text } from '../values.ts'
import { at, childrenOf, readOfFile, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** Authentication of the listeners and sources of a mount (`<authentication>`; docs/icecast.md#listener-authentication). */
export type AuthSettings = HtpasswdSettings | UrlAuthSettings | NobodySettings

/** No listener is accepted, because the block asks for credentials in an unknown way. */
export interface NobodySettings {
  readonly type: 'nobody'
}

export interface HtpasswdSettings {
  readonly type: 'htpasswd'
  readonly file: string
  /** false: one connection per user */
  readonly allowDuplicateUsers: boolean
}

/** URLs of a backend that is asked or notified; undefined: not for this event. */
export interface UrlAuthSettings {
  readonly type: 'url'
  readonly listenerAdd: string | undefined
  readonly listenerRemove: string | undefined
  readonly mountAdd: string | undefined
  readonly mountRemove: string | undefined
  readonly streamAuth: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** the reply header that accepts a listener, with its value: `icecast-auth-user: 1` */
  readonly authHeader: string
  /** name of the reply header that limits a listener's time */
  readonly timelimitHeader: string
  /** names of the listener's request headers that the backend gets, in lower case */
  readonly headers: readonly string[]
  readonly headerPrefix: string
}

/** Icecast 2.5's names of options, each with the name in 2.4. */
const optionNames: Readonly<Record<string, string>> = {
  client_add: 'listener_add',
  client_remove: 'listener_remove',
  action_add: 'mount_add',
  action_remove: 'mount_remove',
  header_auth: 'auth_header',
  header_timelimit: 'timelimit_header',
}

/** The options of an `<authentication>`, by their names in Icecast 2.4. */
export const optionSchemas = {
  filename: text,
  allow_duplicate_users: boolean,
  listener_add: httpUrl,
  listener_remove: httpUrl,
  mount_add: httpUrl,
  mount_remove: httpUrl,
  stream_auth: httpUrl,
  username: text,
  password: text,
  auth_header: text,
  timelimit_header: text,
  headers: text,
  header_prefix: text,
} as const

type Options = Partial<Record<keyof typeof optionSchemas, string | boolean>>
const isOption = (name: string): name is keyof typeof optionSchemas => Object.hasOwn(optionSchemas, name)

/** Reads a mount's `<authentication>`: that of 2.4 by its type, or of 2.5 the first role with a type of 2.4. */
export function readAuth(mount: XmlElement, warn: Warn): AuthSettings | undefined {
  for (const authentication of childrenOf(mount, 'authentication')) {
    const roles = childrenOf(authentication, 'role')
    for (const role of roles.length > 0 ? roles : [authentication]) {
      const auth = readRole(role, warn)
      if (auth) return auth
    }
  }
  return undefined
}

function readRole(role: XmlElement, warn: Warn): AuthSettings | undefined {
  const { type = '' } = role.attributes
  const options = readOptions(role, warn)
  switch (type.toLowerCase()) {
    case 'htpasswd':
      if (typeof options.filename !== 'string') {
        warn(
          `${at(role)}<authentication type="htpasswd"> names no file, expected <option name="filename" value="…"/>; all listeners are rejected`,
        )
        return { type: 'nobody' }
      }
      return {
        type: 'htpasswd',
        file: options.filename,
        allowDuplicateUsers: options.allow_duplicate_users === true,
      }
    case 'url':
      return urlAuth(options)
    case 'anonymous': // 2.5: all listeners are accepted
      return undefined
    default:
      // Icecast accepts all listeners then, which cannot be the intent of a file that asks for credentials
      warn(
        `${at(role)}<authentication type> is ${JSON.stringify(type)}, expected htpasswd or url; all listeners are rejected`,
      )
      return { type: 'nobody' }
  }
}

function readOptions(role: XmlElement, warn: Warn): Options {
  const options: Options = {}
  for (const element of childrenOf(role, 'option')) {
    const { name: given = '', value = '' } = element.attributes
    const name = valueIn(optionNames, given) ?? given
    if (!isOption(name))
      warn(`${at(element)}<authentication><option name="${given}"> is unknown and has no effect`)
    else if (value !== '')
      options[name] = readOfFile(optionSchemas[name], `${at(element)}<option name="${given}">`, value, warn)
  }
  return options
}

function urlAuth(options: Options): UrlAuthSettings {
  const told = (name: keyof Options) => {
    const value = options[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    type: 'url',
    listenerAdd: told('listener_add'),
    listenerRemove: told('listener_remove'),
    mountAdd: told('mount_add'),
    mountRemove: told('mount_remove'),
    streamAuth: told('stream_auth'),
    username: told('username'),
    password: told('password'),
    authHeader: told('auth_header') ?? 'icecast-auth-user: 1',
    timelimitHeader: (told('timelimit_header') ?? 'icecast-auth-timelimit').replace(/:\s*$/, ''),
    headers: (told('headers') ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
    headerPrefix: told('header_prefix') ?? '',
  }
}
