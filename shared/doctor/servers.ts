import * as v from 'valibot'
import type { ServerJson } from '../api/json.ts'
import { printBasic } from '../http/credentials.ts'
import { ask } from './ask.ts'
import { type Check, failure } from './check.ts'
import { checkLogin } from './network.ts'

const reasons = ['stale', 'leaving', 'draining', 'drained', 'full', 'unreachable', 'no mounts'] as const

/** The fields of `GET /api/servers` that the doctor reads. */
export type ServerFacts = Pick<
  ServerJson,
  'id' | 'role' | 'urls' | 'out' | 'listeners' | 'maxListeners' | 'free' | 'mounts' | 'notes'
>

const ServersSchema = v.array(
  v.object({
    id: v.string(),
    role: v.picklist(['slave', 'master']),
    urls: v.array(v.string()),
    out: v.nullable(v.picklist(reasons)),
    listeners: v.number(),
    maxListeners: v.number(),
    free: v.number(),
    mounts: v.array(
      v.pipe(
        v.string(),
        v.transform((name) => name as ServerJson['mounts'][number]),
      ),
    ),
    notes: v.exactOptional(v.array(v.string())),
  }),
)

export interface AdminLogin {
  /** where the password was given, for the text of a check */
  setting: string
  user: string
  password: string
}

/** Asks a decider which servers it knows; the check says why it does not tell. */
export async function askServers(
  fetchIt: typeof fetch,
  url: string,
  { setting, user, password }: AdminLogin,
): Promise<{ servers: ServerFacts[] } | { check: Check }> {
  const asked = await ask(fetchIt, `${url}/api/servers`, { authorization: printBasic({ user, password }) })
  const check = checkLogin({ setting, url, password }, asked)
  if (check.grade !== 'ok' || !('text' in asked)) return { check }
  const parsed = v.safeParse(ServersSchema, jsonIn(asked.text))
  if (parsed.success) return { servers: parsed.output }
  return {
    check: failure(
      check.name,
      'the answer is not a list of servers',
      'is it an edge, or a master that decides itself?',
    ),
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
