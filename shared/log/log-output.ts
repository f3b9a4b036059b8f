import type { WriteBytes } from './line-queue.ts'

/** The part of `node:fs` that is used; Node, Bun and Deno all have it. */
interface Files {
  fstatSync(fd: number): { isFile(): boolean; isSocket(): boolean }
  openSync(path: string, flags: number): number
  writeSync(fd: number, bytes: Uint8Array): number
  constants: { O_WRONLY: number; O_NONBLOCK: number; O_NOCTTY: number }
}

/**
 * Writes to stdout (1) or stderr (2) without waiting for the reader. A pipe or a terminal is opened a second time, because
 * the non-blocking flag on the inherited descriptor would apply to every other program that shares it.
 *
 * @param byRuntime the runtime's own write, for outputs that cannot be opened again: sockets, as systemd passes them, and
 * everything on systems without /proc
 */
export function outputOf(fd: 1 | 2, files: Files, byRuntime: WriteBytes): WriteBytes {
  const kind = kindOf(fd, files)
  if (kind === 'file') return (bytes) => toFile(fd, files, bytes)
  if (kind === 'socket') return byRuntime
  let own: number | undefined
  let foreign = false
  return (bytes) => {
    if (foreign) return byRuntime(bytes)
    try {
      own ??= openAgain(fd, files)
      return files.writeSync(own, bytes)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EAGAIN') return 0
      // ENXIO: there is no reader at the moment
      if (own !== undefined || code === 'ENXIO') throw error
      foreign = true
      return byRuntime(bytes)
    }
  }
}

/** A full disk accepts nothing now, as a reader that has stalled: the line that it cut goes on once there is room. */
function toFile(fd: number, files: Files, bytes: Uint8Array): number {
  try {
    return files.writeSync(fd, bytes)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') return 0
    throw error
  }
}

function kindOf(fd: number, files: Files): 'file' | 'socket' | 'pipe' {
  const stats = files.fstatSync(fd)
  return stats.isFile() ? 'file' : stats.isSocket() ? 'socket' : 'pipe'
}

function openAgain(fd: number, { openSync, constants }: Files): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
}

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
