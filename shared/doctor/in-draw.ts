import { type Check, failure, fine, warning } from './check.ts'
import type { ServerFacts } from './servers.ts'

type Out = NonNullable<ServerFacts['out']>

/** What to do about each reason for which a server gets no listener. */
const remedies: Record<Out, string> = {
  stale: 'its reports have stopped: see whether it runs, and whether its log says that reports are rejected',
  leaving: 'it is shutting down, or has shut down: start it',
  draining: 'its admin drained it: distributary undrain',
  drained:
    'an operator drained it at the edge: POST /api/servers/ID/undrain, or the button on the page of the edge',
  full: 'it has no free slot: add servers, or raise max-listeners and max-bandwidth if the machine has room',
  unreachable:
    'the edge gets no answer at its first url: see DNS, firewall, port forwarding and --public-url',
  'no mounts':
    'it carries nothing: see whether a source is connected to the master, and whether its relays run',
}

/** `out` as the grade of a check: some are wanted, and pass. */
const isWanted = (out: Out) => out === 'draining' || out === 'drained' || out === 'full' || out === 'leaving'

/** Whether a server is in the draw of a decider, and if not, why. */
export function checkInDraw(url: string, servers: readonly ServerFacts[], id: string): Check[] {
  const name = `${id} in the draw of ${url}`
  const server = servers.find((each) => each.id === id)
  if (!server)
    return [
      failure(
        name,
        servers.length === 0 ? 'no server reports there' : `not among the servers there (${servers.length})`,
        'see whether it runs and reports there: its log says report accepted, or why not',
      ),
    ]
  const { out, notes = [], listeners, maxListeners, free, mounts } = server
  const noted = notes.map((note) => warning(`note of ${url} on ${id}`, note))
  if (out === null) {
    const carried = `${mounts.length} mount${mounts.length === 1 ? '' : 's'}`
    return [fine(name, `yes: ${listeners} of ${maxListeners} listeners, ${free} free, ${carried}`), ...noted]
  }
  return [(isWanted(out) ? warning : failure)(name, `no: ${out}`, remedies[out]), ...noted]
}
