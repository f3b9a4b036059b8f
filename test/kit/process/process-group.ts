import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whether a child has exited, so that the system may give its number to another process. */
export const hasExited = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/**
 * Signals a child that leads a group of its own, and all that it started; nothing where all have exited.
 *
 * The children of one that has exited keep its number taken, as that of their group, and no process has it. Where a process has it again,
 * the whole group is gone, and the number is that of somebody else: of 32,768 numbers a run of all tests uses each several times, and such
 * a signal ended programs of other tests.
 */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child
  if (pid === undefined || (hasExited(child) && existsSync(`/proc/${pid}`))) return
  signalQuietly(-pid, signal)
}

/** Signals a process, or with a number below 0 a group; nothing where it has just exited. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it exited between the look and the signal
  }
}
