import type { ListenerInfo } from '../mount/stream/listener.ts'
import { response } from '../web/answers.ts'
import { type Element, root, sourceElement } from '../web/xml.ts'
import { type AdminCall, required, runningMount, secondsSince } from './call.ts'

/** `listclients`: the listeners of a mount. */
export function listClients(call: AdminCall): Element {
  const { name, everyone } = runningMount(call)
  const visitors = [
    ...everyone.map(({ id, info }) => ({ id, ...info })),
    ...call.state.sessions.list(name).map((session) => ({ ...session, connectedAtMs: session.beganAtMs })),
  ]
  const listeners = visitors.map((visitor) => listenerElement(visitor, call.nowMs()))
  return root(sourceElement(name, [['Listeners', listeners.length], ...listeners]))
}

/** A connection of a listener, or a session by HLS. */
type Visitor = Pick<ListenerInfo, 'address' | 'userAgent' | 'connectedAtMs' | 'user'> & { id: number }

function listenerElement({ id, ...info }: Visitor, nowMs: number): Element {
  const user: Element[] = info.user === undefined ? [] : [['username', info.user]]
  return [
    'listener',
    [
      ['IP', info.address],
      ['UserAgent', info.userAgent ?? 'Unknown'],
      ['Connected', secondsSince(info.connectedAtMs, nowMs)],
      ['ID', id],
      ...user,
    ],
  ]
}

/** `killclient`: closes the connection of one listener, or refuses its further requests by HLS for a while. */
export function killClient(call: AdminCall): Element {
  const { name, everyone } = runningMount(call)
  const id = required(call, 'id')
  const listener = everyone.find((each) => String(each.id) === id)
  listener?.wire.destroy()
  const isRemoved = listener !== undefined || call.state.sessions.kill(name, Number(id))
  return response(`Client ${id} ${isRemoved ? 'removed' : 'not found'}`, isRemoved)
}
