import { isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { printMount } from '../mount.ts'

/**
 * The mounts that live masters carry, one a line, by name: `http://master:port/mount` of the first master by id, or only
 * the path if `absolute` is off or that master has no http url without a path (stock slaves ignore the scheme).
 */
export function printStreamList(view: View, nowMs: number, absolute: boolean): string {
  const lines: string[] = []
  for (const mount of [...view.mounts.keys()].sort()) {
    const master = view.master(mount, nowMs)
    if (!master || !isLive(master, nowMs)) continue
    // a stock slave would take the path of a url for a part of the mount's name
    const url = master.report.urls.find((candidate) => /^http:\/\/[^/]+$/.test(candidate))
    lines.push(`${absolute && url ? url : ''}${printMount(mount)}\r\n`)
  }
  return lines.join('')
}
