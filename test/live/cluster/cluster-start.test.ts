import { expect, onTestFinished, test } from 'vitest'
import { framesOf } from '../../kit/audio/mpeg.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePortBlock } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { listen } from '../../kit/wire/listener.ts'

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The pids that it prints, one per program. */
const pidsOf = (program: Program) =>
  [...program.output().matchAll(/\| pid (\d+)/g)].map(([, pid]) => Number(pid))

/** Lets it stop its own programs, which run in process groups of their own. */
async function end(demo: Program): Promise<void> {
  demo.kill('SIGTERM')
  await demo.exited
}

test('npm start says what to try once every server is in the draw, plays to a listener at the edge, and Ctrl-C stops all of its programs', async () => {
  const port = await freePortBlock(4)
  const demo = start('npm', ['start'], { env: { PORT: String(port) } })
  onTestFinished(() => end(demo))
  await demo.line(/The first redirect works, and every server is in the draw/)
  expect(demo.output()).not.toContain('cannot reach')
  const playlist = await (await fetch(`http://127.0.0.1:${port}/live.mp3.m3u8`)).text()
  for (const n of [1, 2, 3]) expect(playlist).toContain(`http://127.0.0.1:${port + n}/`)
  const listener = await listen(`http://127.0.0.1:${port}/live.mp3`, { icy: true })
  expect(listener.status).toBe(200)
  expect([1, 2, 3].map((n) => port + n)).toContain(Number(new URL(listener.url).port))
  await eventually(() => listener.bytesHeard > 32_000)
  expect(framesOf(listener.audio()).frames.length).toBeGreaterThan(70)
  expect(listener.titles.at(-1)?.title).toBe('distributary - The River Divides')

  const pids = pidsOf(demo)
  expect(pids).toHaveLength(5)
  expect(pids.filter(isAlive)).toEqual(pids)
  demo.kill('SIGINT') // to the whole group, as a terminal does
  await demo.exited
  await eventually(() => pids.filter(isAlive).length === 0)
  await eventually(() => listener.isClosed)
})

test.for([
  ['SIGTERM to npm alone', (demo: Program) => demo.signal('SIGTERM')],
  ['kill -9 of npm alone', (demo: Program) => demo.signal('SIGKILL')],
  ['kill -9 of all but its programs', (demo: Program) => demo.kill('SIGKILL')],
] as const)('npm start leaves nothing running after %s', async ([, kill]) => {
  const port = await freePortBlock(4)
  const demo = start('npm', ['start'], { env: { PORT: String(port) } })
  onTestFinished(() => end(demo))
  await demo.line(/The first redirect works/)
  const pids = pidsOf(demo)
  expect(pids).toHaveLength(5)
  kill(demo)
  await eventually(() => pids.filter(isAlive).length === 0)
})

test('npm start names the program that died, stops the others and fails', async () => {
  const port = await freePortBlock(4)
  const demo = start('npm', ['start'], { env: { PORT: String(port) } })
  onTestFinished(() => end(demo))
  await demo.line(/The first redirect works/)
  const pids = pidsOf(demo)
  const master = Number((await demo.line(/^master *\| pid (\d+)/))[1])
  process.kill(master, 'SIGKILL')
  await demo.line(/^master killed by SIGKILL/)
  expect((await demo.exited).code).not.toBe(0)
  expect(pids.filter(isAlive)).toEqual([])
})

test('npm start rejects a PORT without room for its four ports, and says so', async () => {
  const demo = start('npm', ['start'], { env: { PORT: '65533' } })
  expect((await demo.exited).code).toBe(1)
  expect(demo.output()).toContain('PORT is "65533", expected an integer from 1 to 65532')
})
