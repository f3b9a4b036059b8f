import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, serverAt, startCluster } from '../../kit/cluster/cluster.ts'
import { originRuntimes, type Server, secrets, slaveOf, startOrigin } from '../../kit/process/runtimes.ts'
import { listen, listenWhenServed } from '../../kit/wire/listener.ts'

/** A server's own answer to a listener, its 302 not followed. */
async function answerOf(url: string) {
  const listener = await listen(url, { redirectsMax: 0 })
  listener.close()
  return { status: listener.status, location: listener.headers.get('location') }
}

describe.for(originRuntimes)('a slave that currently accepts no listeners, on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime, 1)
  })
  afterAll(() => cluster?.stop())

  test('that is full sends the next one back to the edge, and the edge sends it elsewhere, query included', async () => {
    const slave = await startOrigin(runtime, [
      ...slaveOf(cluster.edge),
      '--id',
      'small',
      '--max-listeners',
      '1',
    ])
    onTestFinished(() => slave.stop())
    const first = await listenWhenServed(`${slave.url}/live.mp3`, { redirectsMax: 0 })
    const url = `${slave.url}/live.mp3?a=b`
    expect(await answerOf(url)).toEqual({ status: 302, location: `${cluster.url}?a=b&x=small` })
    const second = await listen(url)
    expect(second.status).toBe(200)
    expect(second.url).toMatch(/\/live\.mp3\?a=b&x=-$/)
    expect(second.url.startsWith(slave.url)).toBe(false)
    expect((await answerOf(second.url.replace(new URL(second.url).origin, slave.url))).status).toBe(403)
    expect(first.isClosed).toBe(false)
    first.close()
    second.close()
  })

  test('that is drained at the edge sends its listeners back until it is undrained', async () => {
    const [slave] = cluster.slaves
    if (!slave) throw new Error('a cluster without its slave')
    await order(slave, 'drain')
    await eventually(async () => (await answerOf(`${slave.url}/live.mp3`)).status === 302)
    expect((await serverAt(cluster.edge, slave))?.out).toBe('drained')
    await order(slave, 'undrain')
    await eventually(async () => (await answerOf(`${slave.url}/live.mp3`)).status === 200)
    expect((await serverAt(cluster.edge, slave))?.out).toBe(null)
  })

  async function order(slave: Server, what: 'drain' | 'undrain') {
    const { id = '' } = (await serverAt(cluster.edge, slave)) ?? {}
    const answer = await fetch(`${cluster.edge.url}/api/servers/${encodeURIComponent(id)}/${what}`, {
      method: 'POST',
      headers: { Authorization: basic('admin', secrets.admin) },
    })
    expect(answer.status).toBe(204)
  }
})
