import { type Mount, parseMount, printMount } from './mount.ts'
import { isLive } from './server.ts'
import type { View } from './view.ts'

/**
 * The mounts that live masters carry, a line each, by name: `http://master:port/mount` of the first master by id,
 * or the path alone where `absolute` is off or that master has no http url (stock slaves ignore the scheme).
 */
export function printStreamList(view: View, nowMs: number, absolute: boolean): string {
  const lines: string[] = []
  for (const mount of [...view.mounts.keys()].sort()) {
    const master = view.master(mount, nowMs)
    if (!master || !isLive(master, nowMs)) continue
    const url = master.report.urls.find((candidate) => candidate.startsWith('http://'))
    lines.push(`${absolute && url ? url : ''}${printMount(mount)}\r\n`)
  }
  return lines.join('')
}

/** A mount to relay and, where the list names one, the server to relay it from. */
export interface StreamListEntry {
  mount: Mount
  /** origin of a url; undefined: the server that gave the list */
  base: string | undefined
}

/**
 * Reads a master's list: a line is a path, or an absolute http(s) URL as 2.4 and 2.5 take it.
 * `/admin/streams?mount=` of icecast-kh is cut. Lines that are neither come back as `refused`.
 */
export function parseStreamList(text: string): { entries: StreamListEntry[]; refused: string[] } {
  const entries: StreamListEntry[] = []
  const refused: string[] = []
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const entry = parseLine(line)
    if (entry) entries.push(entry)
    else refused.push(line)
  }
  return { entries, refused }
}

function parseLine(line: string): StreamListEntry | undefined {
  const [, base, path = ''] =
    /^(https?:\/\/[^/?#@\s]+)?(\/[^?#\s]*(?:\?mount=\/[^?#&\s]*)?)/i.exec(line) ?? []
  const mount = parseMount(path.replace(/^\/admin\/streams\?mount=/, ''))
  if (!mount || (base !== undefined && !URL.canParse(base))) return undefined
  return { mount, base: base === undefined ? undefined : new URL(base).origin }
}
