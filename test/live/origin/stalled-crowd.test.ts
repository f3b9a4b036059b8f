import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import { audienceOf } from '../../kit/cluster/stats.ts'
import { testFolder } from '../../kit/process/files.ts'
import { start } from '../../kit/process/process.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { connectRaw } from '../../kit/wire/raw.ts'
import { usageOf } from '../../tools/bench/processes.ts'
import { Crowd } from '../../tools/load/crowd.ts'

const mount = '/live.mp3'
const quickCount = 8000
const stalledCount = 2000
/** listeners that join per second: what two busy processors can answer */
const perSecond = 1000
/** bytes that a listener may be behind: more than the burst, of which those that read nothing do not even take all */
const queueBytes = 131_072
/** s that the source may be silent, while listeners join and catch up */
const sourceTimeoutS = 600
/** frames that the source sends before all readers must have them: some 32 KiB */
const stepFrames = 80
/** bytes by which the server may grow meanwhile: one burst for each listener that reads nothing */
const memoryBytesMax = stalledCount * 65_536
/** steps after which memory would be four times as much, if unread bytes were kept for each */
const stepsMin = 8
const patience = { withinMs: longPatienceMs, everyMs: 200 }
/** ms for the whole test: of its waits, some last long on a busy machine */
const testMs = 600_000

describe.for(originRuntimes)('10,000 listeners on %s, of which 2,000 read nothing', (runtime) => {
  test('docs/protocol.md#performance: they are dropped when they fall off the queue; the others hear every frame, and memory is bounded', {
    timeout: testMs,
  }, async () => {
    const origin = await startOrigin(runtime, ['--config', configFile(), '--max-listeners', '10000'])
    onTestFinished(() => origin.stop())
    const source = await startSteps(origin)
    source.step()
    const asking = { port: origin.port, mount, secure: false, icy: false, checked: true }
    const quick = new Crowd({ ...asking, count: quickCount, perSecond }, 4)
    onTestFinished(() => quick.stop())
    await eventually(() => quick.look().joined === quickCount, patience)
    const stalled = start('bun', [
      'test/tools/load/stalled.ts',
      JSON.stringify({ port: origin.port, mount, count: stalledCount }),
    ])
    onTestFinished(() => stalled.stop())
    await eventually(async () => (await audienceOf(origin)).listeners === quickCount + stalledCount, patience)

    const { residentBytes } = usageOf(origin.program.pid)
    let most = residentBytes
    const isDropped = async () => (await audienceOf(origin)).slow === stalledCount
    for (let step = 0; step < stepsMin || !(await isDropped()); step++) {
      expect(step, 'steps until all who read nothing are dropped').toBeLessThan(3 * stepsMin)
      const last = source.step()
      await eventually(() => quick.look().frame === last, patience)
      most = Math.max(most, usageOf(origin.program.pid).residentBytes)
    }

    const { joined, closed, refused, faults } = quick.look()
    expect(faults).toEqual([])
    expect({ joined, closed, refused }).toEqual({ joined: quickCount, closed: 0, refused: 0 })
    expect(await audienceOf(origin)).toEqual({ listeners: quickCount, slow: stalledCount })
    expect(most - residentBytes).toBeLessThan(memoryBytesMax)
  })
})

function configFile(): string {
  const file = join(testFolder(), 'icecast.xml')
  const limits = `<queue-size>${queueBytes}</queue-size><source-timeout>${sourceTimeoutS}</source-timeout>`
  writeFileSync(file, `<icecast><limits>${limits}</limits></icecast>`)
  return file
}

/** A source that sends some frames on request; `step` returns the number of the last. */
async function startSteps(origin: Server): Promise<{ step(): number }> {
  const connection = connectRaw(origin.port)
  onTestFinished(() => void connection.socket.destroy())
  connection.send(`SOURCE ${mount} HTTP/1.0\r\nAuthorization: ${basic('source', secrets.source)}\r\n\r\n`)
  await connection.until(/200 OK/)
  let sent = 0
  return {
    step() {
      connection.send(Buffer.concat(Array.from({ length: stepFrames }, () => numberedFrame(sent++))))
      return sent - 1
    },
  }
}
