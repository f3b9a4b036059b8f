import type { ServerJson } from '../../../shared/api/json.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../audio/source.ts'
import { secrets } from '../process/runtimes.ts'

/** Who reports: a user and a password. */
export interface Sender {
  user: string
  password: string
}
export const relaySender: Sender = { user: 'relay', password: secrets.relay }

/** What one does to an edge from outside. */
export interface EdgeClient {
  readonly url: string
  /** Posts a report, or any text in place of one. */
  report(
    report: Report | string | Uint8Array<ArrayBuffer>,
    sender?: Sender | undefined,
    type?: string,
  ): Promise<Response>
  /** Asks for a path and follows nothing. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** @param body JSON */
  asAdmin(path: string, method?: string, body?: string): Promise<Response>
  servers(): Promise<Omit<ServerJson, 'ageSeconds'>[]>
  /** Every server without what time changes by itself: its age, and with it whether it is out as stale, and its notes. */
  held(): Promise<Omit<ServerJson, 'ageSeconds' | 'out' | 'notes'>[]>
  server(id: string): Promise<Omit<ServerJson, 'ageSeconds'> | undefined>
}

export function clientOf(url: string): EdgeClient {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(url + path, {
      redirect: 'manual',
      ...init,
      // `wrangler dev` would compress even an empty body, and leave out its length
      headers: { 'Accept-Encoding': 'identity', ...init.headers },
    })
  const asAdmin = (path: string, method = 'GET', body?: string) =>
    ask(path, {
      method,
      headers: {
        Authorization: basic('admin', secrets.admin),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    })
  const servers = async () => {
    const all = (await (await asAdmin('/api/servers')).json()) as ServerJson[]
    return all.map(({ ageSeconds: _, ...rest }) => rest)
  }
  return {
    url,
    ask,
    asAdmin,
    servers,
    held: async () => (await servers()).map(({ out: _, notes: __, ...rest }) => rest),
    server: async (id) => (await servers()).find((server) => server.id === id),
    report: (report, sender = relaySender, type = 'text/plain; charset=utf-8') =>
      ask('/admin/sourcelist.txt', {
        method: 'POST',
        headers: { Authorization: basic(sender.user, sender.password), 'Content-Type': type },
        body: typeof report === 'string' || report instanceof Uint8Array ? report : printSourcelist(report),
      }),
  }
}
