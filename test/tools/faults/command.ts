import { execFileSync } from 'node:child_process'

/** Runs a command of the system, and throws with what it printed where it fails. */
export const run = (command: string, ...args: string[]): Buffer =>
  execFileSync(command, args, { stdio: 'pipe' })
