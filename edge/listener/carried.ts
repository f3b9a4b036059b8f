import { isLive, type Server } from '../../shared/draw/server.ts'
import type { View } from '../../shared/draw/view.ts'
import { printMount } from '../../shared/mount.ts'
import { namedMountsMax, namingMounts } from '../../shared/named-mounts.ts'

/** mounts that are looked at for one answer: anybody can ask for a mount that is not there, as often as they like */
const looksMax = 100

/** What a listener may have meant: public mounts that live servers carry, as a line of text; empty if there are none. */
export function carriedHere(view: View, nowMs: number): string {
  const found: string[] = []
  let looks = 0
  for (const [mount, { carriers, isPrivate }] of view.mounts) {
    if (found.length === namedMountsMax || looks++ === looksMax) break
    if (!isPrivate && hasLive(carriers.servers(), nowMs)) found.push(printMount(mount))
  }
  const line = namingMounts(found)
  return line === '' ? '' : `${line}\n`
}

function hasLive(carriers: Iterable<Server>, nowMs: number): boolean {
  for (const server of carriers) if (isLive(server, nowMs)) return true
  return false
}
