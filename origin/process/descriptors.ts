import { readFileSync } from 'node:fs'
import { limits } from '../limits.ts'

/** How many files, sockets among them, the system lets this program open; undefined where it does not say, as off Linux. */
export function openFilesMax(): number | undefined {
  try {
    return parseOpenFiles(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return undefined
  }
}

/** The soft limit, which a runtime raises to the hard one as it starts; undefined where there is none. */
export function parseOpenFiles(text: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** What bears on how many connections fit. */
export interface Descriptors {
  /** undefined: no bound is known */
  openFiles?: number | undefined
  /** as the operator says */
  maxListeners: number
}

/** Connections that may come in beside so many mounts, each of which may be pulled from elsewhere. */
export function connectionsMax({ openFiles }: Pick<Descriptors, 'openFiles'>, mounts: number): number {
  if (openFiles === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, openFiles - limits.ownDescriptors - mounts)
}

/**
 * Listeners that are taken at most: as many as the operator says, so far as the system has descriptors for them and for
 * the sources, relays and admins that have to get in beside them.
 */
export function listenersMax(told: Descriptors, mounts: number): number {
  const fits = connectionsMax(told, mounts)
  const kept = Math.min(limits.keptDescriptorsMax, Math.ceil(fits * limits.keptDescriptorsShare))
  return Math.min(told.maxListeners, fits - kept)
}
