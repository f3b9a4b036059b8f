import type { Listener } from '../mount/stream/listener.ts'
import { response } from '../web/answers.ts'
import { type Element, root, sourceElement } from '../web/xml.ts'
import { type AdminCall, required, runningMount, secondsSince } from './call.ts'

/** `listclients`: the listeners of a mount. */
export function listClients(call: AdminCall): Element {
  const { name, everyone } = runningMount(call)
  const listeners = everyone.map((listener) => listenerElement(listener, call.nowMs()))
  return root(sourceElement(name, [['Listeners', listeners.length], ...listeners]))
}

function listenerElement({ id, info }: Listener, nowMs: number): Element {
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

/** `killclient`: closes the connection of one listener. */
export function killClient(call: AdminCall): Element {
  const { everyone } = runningMount(call)
  const id = required(call, 'id')
  const listener = everyone.find((each) => String(each.id) === id)
  listener?.wire.destroy()
  return response(`Client ${id} ${listener ? 'removed' : 'not found'}`, listener !== undefined)
}
