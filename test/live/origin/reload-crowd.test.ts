import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { testFolder } from '../../kit/process/files.ts'
import { originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listen } from '../../kit/wire/listener.ts'
import { Crowd } from '../../tools/load/crowd.ts'

const mount = '/live.mp3'
/** listeners of each kind: with and without titles */
const halfCrowd = 500
/** frames that all hear after each signal: more than was in transit */
const onwardFrames = 100
const slowly = { everyMs: 100 }

describe.for(originRuntimes)('SIGHUP under 1,000 listeners on %s', (runtime) => {
  test('docs/protocol.md#the-end-of-an-origin: a changed file applies and a bad one changes nothing, and no listener misses a frame', async () => {
    const file = join(testFolder(), 'icecast.xml')
    /** the fourth line is told; the others are three lines before it */
    const write = (fourthLine: string) =>
      writeFileSync(
        file,
        `<icecast>\n<limits>\n<clients>5000</clients>\n${fourthLine}\n</limits></icecast>\n`,
      )
    write('<max-listeners>1000</max-listeners>')
    const origin = await startOrigin(runtime, ['--config', file])
    const source = startSource({ url: origin.url + mount, password: secrets.source, programme: numbered })
    await eventually(() => source.isPlaying)
    const asking = {
      port: origin.port,
      mount,
      secure: false,
      checked: true,
      count: halfCrowd,
      perSecond: 500,
    }
    const crowds = [new Crowd({ ...asking, icy: true }), new Crowd({ ...asking, icy: false })]
    onTestFinished(async () => {
      source.close()
      await Promise.all([...crowds, origin].map((each) => each.stop()))
    })
    const looks = () => crowds.map((crowd) => crowd.look())
    await eventually(() => looks().every(({ joined }) => joined === halfCrowd), slowly)

    const isServed = async () => {
      const { status, close } = await listen(origin.url + mount)
      close()
      return status === 200
    }
    const hearOn = async () => {
      const from = source.sent + onwardFrames
      await eventually(() => looks().every(({ frame }) => frame >= from), slowly)
    }
    expect(await isServed()).toBe(false)

    write('<max-listeners>2000</max-listeners>')
    origin.program.signal('SIGHUP')
    await origin.program.line(/configuration read again/)
    expect(await isServed()).toBe(true)
    await hearOn()

    for (const [line, complaint] of [
      ['<max-listeners>many</max-listeners>', /not read again.*line 4.*max-listeners.*many/],
      ['<max-listeners>1', /not read again.*line [45]/],
    ] as const) {
      write(line)
      origin.program.signal('SIGHUP')
      await origin.program.line(complaint)
      expect(await isServed()).toBe(true)
      await hearOn()
    }

    for (const { joined, closed, refused, faults } of looks())
      expect({ joined, closed, refused, faults }).toEqual({
        joined: halfCrowd,
        closed: 0,
        refused: 0,
        faults: [],
      })
  })
})
