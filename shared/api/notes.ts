import type { Reason, Server } from '../draw/server.ts'

/** Whether a server has an https url. */
export const hasTls = ({ report }: Pick<Server, 'report'>): boolean =>
  report.urls.some((url) => url.startsWith('https:'))

/** What else the notes about a server depend on. */
export interface Noted {
  out: Reason | null
  /** listeners come to the decider by https */
  isHttps: boolean
  /** its report is too old, and it gets listeners all the same */
  isHeld: boolean
  /** a url that other live servers report too, and the ids of all */
  sharedUrl?: { url: string; ids: readonly string[] } | undefined
}

/** The problems of a server and what to do about them, a sentence each. */
export function notesOf(server: Server, { out, isHttps, isHeld, sharedUrl }: Noted): string[] {
  const notes: string[] = []
  const { unreached } = server
  if (out === 'unreachable' && unreached)
    notes.push(`the edge cannot reach ${unreached.url} (${unreached.problem})`)
  if (isHeld)
    notes.push(
      'its last report is too old; it gets listeners all the same, since no server reports and the decider may be cut off',
    )
  if (out === 'no mounts') notes.push(whyNoMounts(server))
  if (sharedUrl) {
    const others = sharedUrl.ids.filter((id) => id !== server.report.id).slice(0, 3)
    notes.push(
      `${others.join(', ')} reports its url ${sharedUrl.url} too, so the listeners of both go to one server: give each its own --public-url`,
    )
  }
  if (isHttps && !hasTls(server))
    notes.push(
      'it has no https url, so pages on https cannot play from it: give it TLS, and an https url in its report',
    )
  return notes
}

function whyNoMounts({ report, carriesAll, polled }: Server): string {
  if (carriesAll) return 'it carries the mounts of live masters, and there is no live master'
  if (!polled) return 'its report names no mount'
  if (report.mounts.length === 0)
    return 'its stats have not been read yet, or name no mount with a source: see the log'
  const named = report.mounts.slice(0, 3).map(({ mount }) => mount)
  return `no live master carries ${named.join(', ')}: have a master report, or add the server that sources connect to with "role": "master"`
}
