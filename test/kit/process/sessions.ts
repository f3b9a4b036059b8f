import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Where Linux groups processes by session (`sched_autogroup`), niceness counts within a session alone: of two programs that were started
 * in sessions of their own, with niceness 0 and 15, each got half of a processor. The niceness of a session is what `/proc/PID/autogroup` says.
 */
const soon = -10
let isSoon = false

/** Whether the programs that this process starts from now on come before those of other sessions. */
export function startSoon(is: boolean): void {
  isSoon = is
}

/** Tells the system so of a program that leads a session, where it has that and this process may. */
export function comesSoon(pid: number): void {
  if (!isSoon || sessionOf(pid) !== pid) return
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(soon))
  } catch {
    // not root, or another system: then it runs as all others do
  }
}

/** The same of all children of this process: of a browser that a library has started. */
export function childrenComeSoon(): void {
  if (!isSoon) return
  for (const pid of textOf(`/proc/self/task/${process.pid}/children`).split(' '))
    if (pid) comesSoon(Number(pid))
}

/** The fourth field behind the name, which may hold blanks and brackets. */
const sessionOf = (pid: number) => Number(textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[3])

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
