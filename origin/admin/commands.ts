import type { Listener } from '../mount/listener.ts'
import type { ActiveMount } from '../mount/mount.ts'
import type { Mounts } from '../mount/mounts.ts'
import { type AdminContext, failed, result, xml } from './answers.ts'
import { mountParam, parseParams } from './params.ts'
import { sourceElement } from './stats.ts'
import type { Element } from './xml.ts'

/** Runs a command on the mount that the request names; Icecast 2.4's errors where it names none. */
function onMount(c: AdminContext, mounts: Mounts, run: (mount: ActiveMount) => Response): Response {
  const params = parseParams(new URL(c.req.url).search)
  if (!params.has('mount')) return failed(c, 400, 'Unknown admin request')
  const name = mountParam(params)
  const mount = name && mounts.get(name)
  return mount ? run(mount) : failed(c, 400, 'Source does not exist')
}

const secondsSince = (sinceMs: number, nowMs: number) => Math.max(0, Math.floor((nowMs - sinceMs) / 1000))

export const listMounts = (c: AdminContext, mounts: Mounts, nowMs: number): Response =>
  xml(c, [
    'icestats',
    mounts.list().map((mount) =>
      sourceElement(mount, [
        ['fallback', ''],
        ['listeners', mount.listeners],
        ['Connected', secondsSince(mount.startedAtMs, nowMs)],
        ['content-type', mount.contentType],
      ]),
    ),
  ])

export const listClients = (c: AdminContext, mounts: Mounts, nowMs: number): Response =>
  onMount(c, mounts, (mount) => {
    const listeners = mount.everyone.map((listener) => listenerElement(listener, nowMs))
    return xml(c, ['icestats', [sourceElement(mount, [['Listeners', listeners.length], ...listeners])]])
  })

const listenerElement = ({ id, info }: Listener, nowMs: number): Element => [
  'listener',
  [
    ['IP', info.address],
    ['UserAgent', info.userAgent ?? 'Unknown'],
    ['Connected', secondsSince(info.connectedAtMs, nowMs)],
    ['ID', id],
  ],
]

export const killClient = (c: AdminContext, mounts: Mounts): Response =>
  onMount(c, mounts, (mount) => {
    const id = parseParams(new URL(c.req.url).search).get('id')
    if (id === undefined) return failed(c, 400, 'Missing parameter')
    const listener = mount.everyone.find((each) => String(each.id) === id)
    listener?.wire.destroy()
    return result(c, `Client ${id} ${listener ? 'removed' : 'not found'}`, listener !== undefined)
  })

export const killSource = (c: AdminContext, mounts: Mounts): Response =>
  onMount(c, mounts, (mount) => result(c, 'Source Removed', mounts.kill(mount.name, 'killed by the admin')))
