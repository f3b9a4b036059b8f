import type { Mount } from '../../shared/mount.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { namedMount } from '../http/params.ts'
import { Refused, response } from '../web/answers.ts'
import { type Element, root, sourceElement } from '../web/xml.ts'
import {
  type AdminAnswer,
  type AdminCall,
  type AdminDeps,
  required,
  runningMount,
  secondsSince,
} from './call.ts'

/** `listmounts`: mounts that run, and relays that wait for their first listener. */
export const listMounts = (call: AdminCall): Element => root(...mountElements(call))

/** `moveclients`: lists the possible destinations, or moves the listeners to the given one. */
export function moveClients(call: AdminCall): Element {
  const { name } = runningMount(call)
  const destination = call.params.get('destination')
  if (destination === undefined) {
    const others = mountElements(call).filter(([, , attributes]) => attributes?.mount !== name)
    return root(['current_source', name], ...others)
  }
  const to = namedMount(destination)
  if (to === name) throw new Refused('supplied mountpoints are identical')
  const moved = to === undefined ? 'unknown' : call.state.mounts.move(name, to)
  if (moved === 'unknown') throw new Refused('No such destination')
  if (moved === 'not running') throw new Refused('Destination not running')
  return response(`Clients moved from ${name} to ${destination}`, true)
}

/** `fallbacks`: sets the fallback of a mount until the configuration is read again. */
export function setFallback(call: AdminCall): AdminAnswer {
  const { name } = runningMount(call)
  const fallback = namedMount(required(call, 'fallback'))
  if (fallback === undefined)
    throw new Refused('fallback is not the name of a mount, expected one like /backup.mp3')
  call.config.mounts.setFallback(name, fallback)
  return { done: 'Fallback configured' }
}

/** `killsource`: ends a mount and closes the connection of its encoder. */
export function killSource(call: AdminCall): Element {
  const { name } = runningMount(call)
  return response('Source Removed', call.state.mounts.kill(name, 'killed by the admin'))
}

/** `updatemetadata`: only the mount; the page has the form. */
export const titleForm = (call: AdminCall): Element => root(sourceElement(runningMount(call).name, []))

function mountElements({ state, config, idle, nowMs }: AdminDeps): Element[] {
  const running = state.mounts
    .list()
    .map((mount) =>
      sourceElement(mount.name, [
        ...ownElements(config, mount.name, mount.listeners),
        ['Connected', secondsSince(mount.startedAtMs, nowMs())],
        ['content-type', mount.contentType],
      ]),
    )
  const waiting = idle().filter((name) => state.mounts.get(name) === undefined)
  const all = [...running, ...waiting.map((name) => sourceElement(name, ownElements(config, name, 0)))]
  return all.sort(([, , a], [, , b]) => ((a?.mount ?? '') < (b?.mount ?? '') ? -1 : 1))
}

function ownElements(config: AdminDeps['config'], name: Mount, listeners: number): Element[] {
  const { fallback, auth } = mountSettings(config, name)
  const authenticator: Element[] = auth ? [['authenticator', auth.type]] : []
  return [['fallback', fallback?.mount ?? ''], ['listeners', listeners], ...authenticator]
}
