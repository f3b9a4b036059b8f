import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { numbersHeard } from '../../kit/audio/numbers-heard.ts'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serversAt } from '../../kit/cluster/cluster.ts'
import { listenByHls } from '../../kit/hls/hls-listener.ts'
import { parsePathways } from '../../kit/hls/hls-readers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { secrets, startOrigin } from '../../kit/process/runtimes.ts'

test('S2: a master that decides itself moves a listener by HLS from a drained slave to itself and back, without a gap', async () => {
  const config = join(testFolder(), 'icecast.xml')
  writeFileSync(config, '<icecast><hls-segment>1</hls-segment></icecast>')
  const often = ['--update-interval', '2']
  const master = await startOrigin('node', ['--config', config, '--public-slave', ...often])
  const source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: numbered })
  const slave = await startOrigin('node', ['--master', master.url, '--max-listeners', '9000', ...often])
  const [here, there] = [master, slave].map(({ port }) => `127.0.0.1_3a${port}`)
  const drain = (id: string, how: 'drain' | 'undrain') =>
    fetch(`${master.url}/api/servers/${id}/${how}`, {
      method: 'POST',
      headers: { Authorization: basic('admin', secrets.admin) },
    })
  try {
    await eventually(async () => {
      const named = parsePathways(await (await fetch(`${master.url}/live.mp3.m3u8`)).text())
      return named.length === 2
    })
    const ids = (await serversAt(master)).map(({ id, role }) => ({ id, role }))
    const [slaveId = ''] = ids.filter(({ role }) => role === 'slave').map(({ id }) => id)
    const masterId = ids.find(({ role }) => role === 'master')?.id ?? ''
    expect((await drain(masterId, 'drain')).status).toBe(204)
    const listener = await listenByHls(`${master.url}/live.mp3.m3u8`)
    const hears = (pathway: string | undefined, count: number) =>
      eventually(
        () => listener.segments.slice(-count).filter((each) => each.pathway === pathway).length === count,
      )
    await hears(there, 3)
    await drain(masterId, 'undrain')
    await drain(slaveId, 'drain')
    await hears(here, 2)
    await eventually(async () => (await serversAt(master)).find(({ id }) => id === masterId)?.listeners === 1)
    await drain(masterId, 'drain')
    await drain(slaveId, 'undrain')
    await hears(there, 2)
    listener.close()
    const numbers = listener.segments.map(({ number }) => number)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
    const heard = numbersHeard(listener.audio(), 0).numbers
    expect(heard.length).toBeGreaterThan(200)
    expect(heard).toEqual(heard.map((_, i) => (heard[0] ?? 0) + i))
    // a slave alone names itself, and its decider as the one that steers
    const alone = await eventually(async () => {
      const text = await (await fetch(`${slave.url}/live.mp3.m3u8`)).text()
      expect(parsePathways(text).map(({ id }) => id)).toEqual([there])
      return text
    })
    const [, steering = ''] = /SERVER-URI="([^"]+)"/.exec(alone) ?? []
    expect((await fetch(steering)).status).toBe(200)
  } finally {
    source.close()
    await Promise.all([master.stop(), slave.stop()])
  }
})
