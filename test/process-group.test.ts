import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { hasExited, signalGroup } from './kit/process-group.ts'

/** The leader of a group of its own. */
function lead(command: string, ...args: string[]) {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => {
    if (!hasExited(child)) child.kill('SIGKILL')
  })
  return child
}

test('a signal reaches the children of a program that has exited', async () => {
  const child = lead('sh', '-c', 'sleep 1000 & echo $!')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  if (!hasExited(child)) await once(child, 'exit')
  expect(existsSync(`/proc/${child.pid}`)).toBe(false)
  expect(existsSync(`/proc/${Number(line)}`)).toBe(true)
  const closed = once(child.stdout, 'close') // it is open as long as a process has it
  signalGroup(child, 'SIGKILL')
  await closed
})

test('a signal to a program that has exited does not reach another one that has its number now', async ({
  skip,
}) => {
  const first = lead('true')
  await once(first, 'exit')
  const second = await leadWithNumber(first.pid ?? 0)
  if (!second) return skip('no process gets a number of one’s choice here')
  signalGroup(first, 'SIGKILL')
  second.stdout.resume()
  second.kill('SIGTERM')
  expect(await once(second, 'exit')).toEqual([null, 'SIGTERM'])
})

/** A new group by this number. Other programs that start at the same moment may get it: it is tried some times. */
async function leadWithNumber(pid: number): Promise<ReturnType<typeof lead> | undefined> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1))
    } catch {
      return undefined // not root, or not Linux
    }
    const child = lead('sleep', '1000')
    if (child.pid === pid) return child
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return undefined
}
