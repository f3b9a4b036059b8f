import { describe, expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import { statsOf } from '../../kit/cluster/stats.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(originRuntimes)('on-demand relays, on %s', (runtime) => {
  test('are reported while idle, pulled for the first listener, and stopped after the last', async () => {
    const master = await startOrigin(runtime, ['--public-slave'])
    const source = startSource({
      url: `${master.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    const flags = ['--master', master.url, '--update-interval', '1', '--on-demand']
    const slave = await startOrigin(runtime, flags)
    onTestFinished(async () => {
      source.close()
      await Promise.all([master.stop(), slave.stop()])
    })
    await eventually(async () => (await serverAt(master, slave))?.mounts.includes(mountOf('/live.mp3')))
    const runs = () => slave.program.output().match(/relay runs/g)?.length ?? 0
    expect(runs()).toBe(0)
    for (const time of [1, 2]) {
      const listener = await listenWhenServed(`${slave.url}/live.mp3`, { redirectsMax: 0 })
      await eventually(() => listener.bytesHeard > 80_000)
      expect(runs()).toBe(time)
      listener.close()
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(150)
      await eventually(async () => !(await statsOf(slave, '/live.mp3'))?.stream_start)
      expect(await statsOf(slave, '/live.mp3')).toMatchObject({ listeners: 0 })
      expect((await serverAt(master, slave))?.mounts).toEqual(['/live.mp3'])
    }
  })
})
