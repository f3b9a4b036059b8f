import type { Reason, Server } from '../draw/server.ts'

/** Whether a server has an https url. */
export const hasTls = ({ report }: Pick<Server, 'report'>): boolean =>
  report.urls.some((url) => url.startsWith('https:'))

/** What bears on what an operator should know of a server. */
export interface Noted {
  out: Reason | null
  /** listeners come to the decider by https */
  isHttps: boolean
}

/** What is amiss with a server, and what to do: a sentence each. */
export function notesOf(server: Server, { out, isHttps }: Noted): string[] {
  const notes: string[] = []
  const { unreached } = server
  if (out === 'unreachable' && unreached)
    notes.push(`the edge cannot reach ${unreached.url} (${unreached.problem})`)
  if (out === 'no mounts') notes.push(whyNoMounts(server))
  if (isHttps && !hasTls(server))
    notes.push(
      'it has no https url: a page by https cannot play from it. Give it TLS, and an https url in its report',
    )
  return notes
}

function whyNoMounts({ report, carriesAll, polled }: Server): string {
  if (carriesAll) return 'it carries what a live master carries, and there is no live master'
  if (!polled) return 'its report names no mount'
  if (report.mounts.length === 0)
    return 'its stats name no mount with a source, or were not read yet: the log says so'
  const named = report.mounts.slice(0, 3).map(({ mount }) => mount)
  return `no live master carries ${named.join(', ')}: have a master report, or name the server that sources connect to with "role": "master"`
}
