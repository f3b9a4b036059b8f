import { valueIn } from '../value-in.ts'
import type { AdminLogin } from './servers.ts'

/** The flags of the doctor itself, without their dashes, and whether each has a value. */
const known: Readonly<Record<string, boolean>> = {
  json: false,
  help: false,
  'edge-admin-user': true,
  'edge-admin-password': true,
}

/** Splits the doctor's own flags from those of the program that it looks at. */
export function splitFlags(args: readonly string[]): { own: Map<string, string>; rest: string[] } {
  const own = new Map<string, string>()
  const rest: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg) ?? []
    const hasValue = valueIn(known, name)
    if (hasValue === undefined) rest.push(arg)
    else if (!hasValue) own.set(name, '')
    else own.set(name, value ?? args[++i] ?? '')
  }
  return { own, rest }
}

/** The login of the admin of an edge, from a flag or `EDGE_ADMIN_PASSWORD`; undefined: not given. */
export function adminOf(
  own: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): AdminLogin | undefined {
  const password = own.get('edge-admin-password') || env.EDGE_ADMIN_PASSWORD
  if (!password) return undefined
  const user = own.get('edge-admin-user') || env.EDGE_ADMIN_USER || 'admin'
  return { setting: 'edge admin password', user, password }
}
