import { readFileSync } from 'node:fs'
import { limits } from '../limits.ts'

/** The limit of open files, sockets included; undefined if unknown, as on other systems than Linux. */
export function openFilesMax(): number | undefined {
  try {
    return parseOpenFiles(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return undefined
  }
}

/** The soft limit, which the runtimes raise to the hard limit at their start; undefined if there is none. */
export function parseOpenFiles(text: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** Values that determine how many connections fit. */
export interface Descriptors {
  /** undefined: no bound is known */
  openFiles?: number | undefined
  /** as configured */
  maxListeners: number
}

/** Incoming connections that fit in addition to this many mounts, each of which may be a relay with a connection. */
export function connectionsMax({ openFiles }: Pick<Descriptors, 'openFiles'>, mounts: number): number {
  if (openFiles === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, openFiles - limits.ownDescriptors - mounts)
}

/**
 * The maximum of listeners: as configured, reduced to the descriptors that the system has for them and for the sources,
 * relays and admins that need some too.
 */
export function listenersMax(told: Descriptors, mounts: number): number {
  const fits = connectionsMax(told, mounts)
  const kept = Math.min(limits.keptDescriptorsMax, Math.ceil(fits * limits.keptDescriptorsShare))
  return Math.min(told.maxListeners, fits - kept)
}
