import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { hasExited, signalGroup } from './kit/process/process-group.ts'

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
  const pair = await twoOfOneNumber()
  if (!pair) return skip('no process gets a number of one’s choice here')
  signalGroup(pair.exited, 'SIGKILL')
  pair.running.kill('SIGTERM')
  expect(await once(pair.running, 'exit')).toEqual([null, 'SIGTERM'])
})

/** A program that has exited, and one that has its number. Whatever else starts at that moment may get it: then another pair is tried. */
async function twoOfOneNumber() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const exited = lead('true')
    await once(exited, 'exit')
    try {
      writeFileSync('/proc/sys/kernel/ns_last_pid', String((exited.pid ?? 0) - 1))
    } catch {
      return undefined // not root, or not Linux
    }
    const running = lead('sleep', '1000')
    if (running.pid === exited.pid) return { exited, running }
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  return undefined
}
