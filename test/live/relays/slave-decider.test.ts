import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { drawnOrigins, serversAt } from '../../kit/cluster/cluster.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listen, listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(originRuntimes)('the system of 2004 in one program, on %s', (runtime) => {
  test('S2, S3: a master divides its listeners between two slaves and itself by their free slots', async () => {
    const slots = ['--update-interval', '3', '--max-listeners']
    const master = await startOrigin(runtime, ['--public-slave', ...slots, '100'])
    const source = startSource({
      url: `${master.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    const slaves = await Promise.all(
      ['300', '600'].map((max) => startOrigin(runtime, ['--master', master.url, ...slots, max])),
    )
    onTestFinished(async () => {
      source.close()
      await Promise.all([master, ...slaves].map((server) => server.stop()))
    })
    const servers = [master, ...slaves]
    await eventually(
      async () => (await serversAt(master)).filter(({ out }) => out === null).length === servers.length,
    )
    // it answers its own listeners with 200, which is not a redirect
    const drawn = await drawnOrigins({ url: `${master.url}/live.mp3` }, 1000)
    const counts = servers.map(({ url }) => drawn.filter((origin) => (origin ?? master.url) === url).length)
    expect(chiSquareP(counts, [100, 300, 600])).toBeGreaterThan(1e-6)

    const listeners = await Promise.all(Array.from({ length: 24 }, () => listen(`${master.url}/live.mp3`)))
    await eventually(() => listeners.every(({ bytesHeard }) => bytesHeard > 100_000))
    for (const listener of listeners) listener.close()
    for (const listener of listeners) expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(200)
    expect(new Set(listeners.map(({ url }) => new URL(url).origin)).size).toBeGreaterThan(1)
  })

  test('S13: a slave with icecast.xml offers itself with <master-public-slave>1, and without it only relays and says so', async () => {
    const master = await startOrigin(runtime, ['--public-slave'])
    const source = startSource({
      url: `${master.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    const slaves = await Promise.all([
      startByFile(runtime, master.port, 1),
      startByFile(runtime, master.port, undefined),
    ])
    onTestFinished(async () => {
      source.close()
      await Promise.all([master.stop(), ...slaves.map(({ program }) => program.stop())])
    })
    for (const { url } of slaves) (await listenWhenServed(`${url}/live.mp3`)).close()
    const [offered, silent] = slaves
    await silent.program.line(/this slave reports to nobody.*<master-public-slave> is not set/)
    expect(offered.program.output()).not.toContain('reports to nobody')
    await eventually(async () => (await serversAt(master)).some(({ urls }) => urls.includes(offered.url)))
    expect((await serversAt(master)).flatMap(({ urls }) => urls).sort()).toEqual(
      [master.url, offered.url].sort(),
    )
  })
})

async function startByFile(runtime: OriginRuntime, masterPort: number, publicSlave: number | undefined) {
  const port = await freePort()
  const file = join(testFolder(), 'icecast.xml')
  writeFileSync(
    file,
    `<icecast>
      <hostname>127.0.0.1</hostname>
      <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
      <master-server>127.0.0.1</master-server><master-server-port>${masterPort}</master-server-port>
      <master-password>${secrets.relay}</master-password><master-update-interval>1</master-update-interval>
      ${publicSlave === undefined ? '' : `<master-public-slave>${publicSlave}</master-public-slave>`}
    </icecast>`,
  )
  const program = start(runtime, [originProgram, '--config', file])
  await program.line(/"ready"/)
  return { program, url: `http://127.0.0.1:${port}` }
}
