import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, drawnOrigins, listenAt, serverAt, startCluster } from '../../kit/cluster/cluster.ts'
import { start } from '../../kit/process/process.ts'
import { secrets } from '../../kit/process/runtimes.ts'

/** The steps of docs/upgrade.md for one server of a cluster. */
describe('a rolling restart on node', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster('node')
  })
  afterAll(() => cluster?.stop())

  const command = (name: string, port: number, ...flags: string[]) => {
    const program = start('node', ['distributary.ts', name, '--port', String(port), ...flags], {
      env: { ORIGIN_ADMIN_PASSWORD: secrets.admin },
    })
    onTestFinished(() => program.stop())
    return program
  }

  test('drain --wait: new listeners go elsewhere, the last one keeps hearing the stream until it leaves, undrain takes it back', async () => {
    const [slave] = cluster.slaves
    if (!slave) throw new Error('the cluster has no slave')
    const listener = await listenAt(cluster, slave)
    onTestFinished(() => listener.close())
    await eventually(() => listener.bytesHeard > 0)
    const drain = command('drain', slave.port, '--wait', '--bind', '127.0.0.1')
    await drain.line(/^1 listener left$/)
    await eventually(async () => (await serverAt(cluster.edge, slave))?.out === 'draining')
    const drawn = await drawnOrigins(cluster, 40)
    expect(new Set(drawn)).not.toContain(slave.url)
    expect(drawn).not.toContain(undefined)
    const heard = listener.bytesHeard
    await eventually(() => listener.bytesHeard > heard)
    listener.close()
    expect(await drain.exited).toMatchObject({ code: 0 })
    expect(drain.output()).toMatch(/no listener is left\n$/)
    expect(await command('undrain', slave.port).exited).toMatchObject({ code: 0 })
    await eventually(async () => (await drawnOrigins(cluster, 10)).includes(slave.url))
  })

  test('the doctor finds the server in the draw, with its passwords accepted', async () => {
    const [slave] = cluster.slaves
    if (!slave) throw new Error('the cluster has no slave')
    const { edge, master } = cluster
    const flags = ['--public-url', slave.url, '--master', edge.url, '--master-password', secrets.relay]
    const program = start(
      'node',
      ['distributary.ts', 'doctor', '--port', String(slave.port), ...flags, '--id', new URL(slave.url).host],
      { env: { ORIGIN_ADMIN_PASSWORD: secrets.admin, EDGE_ADMIN_PASSWORD: secrets.admin } },
    )
    onTestFinished(() => program.stop())
    expect(await program.exited).toMatchObject({ code: 1 }) // its public URL is loopback
    for (const line of [
      `ok       this server: runs at ${slave.url}`,
      `ok       admin password at ${slave.url}: accepted`,
      `ok       master password at ${edge.url}: accepted`,
      `ok       mounts listed by ${edge.url}: /live.mp3`,
      `ok       relay password at ${master.url}: accepted`,
      `ok       ${new URL(slave.url).host} in the draw of ${edge.url}: yes`,
    ])
      expect(program.output()).toContain(line)
    expect(program.output()).not.toMatch(/^failed/m)
  })
})
