import { describe, expect, onTestFinished, test } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { masterBlock, relayBlock, startConfigured } from '../../kit/cluster/configured.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { openLink } from '../../kit/wire/link.ts'
import { type Listener, listen, listenWhenServed } from '../../kit/wire/listener.ts'

const frameBytes = 418
const hearMore = (listener: Listener, frames: number) => {
  const enough = listener.bytesHeard + frames * frameBytes
  return eventually(() => listener.bytesHeard > enough)
}

function play(url: string) {
  const source = startSource({ url, password: secrets.source, programme: numbered })
  onTestFinished(() => source.close())
}

async function startMaster(runtime: OriginRuntime, flags: string[] = []) {
  const master = await startOrigin(runtime, flags)
  onTestFinished(() => master.stop())
  return master
}

async function lineTo(port: number, at?: number) {
  const link = await openLink(port, { at })
  onTestFinished(() => link.close())
  return link
}

describe.for(originRuntimes)('a relay of two upstreams, on %s', (runtime) => {
  test('switches to the second and back to the first: listeners hear neither a gap nor a repetition', async () => {
    const master = await startMaster(runtime)
    play(`${master.url}/live.mp3`)
    const [first, second] = [await lineTo(master.port), await lineTo(master.port)]
    const server = await startConfigured(
      runtime,
      `<relay><local-mount>/here.mp3</local-mount><mount>/live.mp3</mount>
        <upstream><server>127.0.0.1</server><port>${first.port}</port></upstream>
        <upstream><server>127.0.0.1</server><port>${second.port}</port></upstream></relay>`,
    )
    const url = `${server.url}/here.mp3`
    const listeners = [await listenWhenServed(url), await listen(url, { icy: true })]
    const [plain] = listeners
    if (!plain) throw new Error('nobody listens')
    await hearMore(plain, 150)
    await first.close()
    await eventually(() => second.asked().includes('GET /live.mp3'))
    await hearMore(plain, 100)
    await lineTo(master.port, first.port)
    const runs = () => server.program.output().match(/"relay runs".*?"from":"[^"]*"/g) ?? []
    await eventually(() => runs().length === 3)
    expect(runs().at(-1)).toContain(first.url)
    await hearMore(plain, 150)
    for (const listener of listeners) {
      expect(listener.isClosed).toBe(false)
      listener.close()
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(400)
    }
  })
})

describe.for(originRuntimes)('a slave of two masters, on %s', (runtime) => {
  test('mirrors the mounts of both; if one dies, its listeners hear the other one without a gap or repetition', async () => {
    const source = await startMaster(runtime)
    const slaves = ['--master', source.url, '--update-interval', '1', '--no-public-slave']
    const masters = [await startMaster(runtime, slaves), await startMaster(runtime, slaves)]
    const [one, two] = masters
    if (!one || !two) throw new Error('two masters')
    play(`${source.url}/live.mp3`)
    play(`${two.url}/two.mp3`)
    const flags = ['--master', one.url, '--master', two.url, '--update-interval', '1']
    const slave = await startMaster(runtime, flags)
    for (const { url } of masters) (await listenWhenServed(`${url}/live.mp3`)).close()
    const listener = await listenWhenServed(`${slave.url}/live.mp3`)
    ;(await listenWhenServed(`${slave.url}/two.mp3`)).close()
    // whichever answered first, it switches to the first
    await slave.program.line(new RegExp(`relay runs.*/live.mp3.*${one.url}`))
    await hearMore(listener, 150)
    await one.stop()
    await slave.program.line(/relay lost/)
    await hearMore(listener, 200)
    expect(listener.isClosed).toBe(false)
    listener.close()
    expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(350)
  })
})

describe.for(originRuntimes)('a slave that polls its list every ten minutes, on %s', (runtime) => {
  test('learns of a new mount when a listener asks for it', async () => {
    const master = await startMaster(runtime)
    const slave = await startMaster(runtime, ['--master', master.url, '--update-interval', '600'])
    await slave.program.line(/report rejected/)
    play(`${master.url}/new.mp3`)
    ;(await listenWhenServed(`${slave.url}/new.mp3`)).close()
  })
})

describe.for(originRuntimes)('a server with relays, on %s', (runtime) => {
  test('applies changed blocks and masters on SIGHUP, and listeners of unchanged mounts hear on', async () => {
    const masters = [await startMaster(runtime), await startMaster(runtime)]
    const [one, two] = masters
    if (!one || !two) throw new Error('two masters')
    play(`${one.url}/one.mp3`)
    play(`${one.url}/kept.mp3`)
    play(`${two.url}/two.mp3`)
    const kept = relayBlock(one.port, '/kept.mp3', '<local-mount>/here.mp3</local-mount>')
    const server = await startConfigured(runtime, masterBlock(one.port) + kept)
    const listener = await listenWhenServed(`${server.url}/here.mp3`)
    const gone = await listenWhenServed(`${server.url}/one.mp3`)
    await server.reload(masterBlock(two.port) + kept + relayBlock(two.port, '/two.mp3'))
    ;(await listenWhenServed(`${server.url}/two.mp3`)).close()
    await eventually(() => gone.isClosed)
    await hearMore(listener, 20)
    expect(listener.isClosed).toBe(false)
    listener.close()
    numbersInOrder(listener.audio())
    await server.reload(masterBlock(two.port))
    await eventually(async () => (await listen(`${server.url}/here.mp3`)).status === 404)
  })

  test('accepts no more sources than <limits><sources> leaves in addition to its relays', async () => {
    const master = await startMaster(runtime)
    play(`${master.url}/live.mp3`)
    const server = await startConfigured(
      runtime,
      `<limits><sources>1</sources></limits>${relayBlock(master.port, '/live.mp3')}`,
    )
    ;(await listenWhenServed(`${server.url}/live.mp3`)).close()
    const events: string[] = []
    const source = startSource({
      url: `${server.url}/own.mp3`,
      password: secrets.source,
      programme: numbered,
      onEvent: (event) => events.push(event),
    })
    onTestFinished(() => source.close())
    await eventually(() => events.some((event) => event.startsWith('refused: HTTP/1.0 403')))
  })

  test('and another one that relay each other release their listeners when the source is gone for both', async () => {
    const master = await startMaster(runtime)
    play(`${master.url}/live.mp3`)
    const upstream = (port: number) => `<upstream><server>127.0.0.1</server><port>${port}</port></upstream>`
    const relayOf = (...ports: number[]) =>
      `<limits><source-timeout>2</source-timeout></limits>
       <relay><mount>/live.mp3</mount>${ports.map(upstream).join('')}</relay>`
    const one = await startConfigured(runtime, relayOf(master.port))
    const two = await startConfigured(runtime, relayOf(master.port, one.port))
    await one.reload(relayOf(master.port, two.port))
    const listeners = [
      await listenWhenServed(`${one.url}/live.mp3`),
      await listenWhenServed(`${two.url}/live.mp3`),
    ]
    await master.stop()
    for (const listener of listeners) await eventually(() => listener.isClosed)
    for (const { url } of [one, two])
      await eventually(async () => (await listen(`${url}/live.mp3`)).status === 404)
  })

  test('detects that a mount would be relayed from itself, and answers requests for it', async () => {
    const server = await startConfigured(
      runtime,
      (port) => relayBlock(port, '/loop.mp3') + relayBlock(port, '/idle.mp3', '<on-demand>1</on-demand>'),
    )
    await server.program.line(/relay lost.*\/loop\.mp3.*508/)
    for (const mount of ['/loop.mp3', '/idle.mp3']) {
      const listener = await listen(server.url + mount)
      listener.close()
      expect(listener.status).toBe(404)
    }
  })
})
