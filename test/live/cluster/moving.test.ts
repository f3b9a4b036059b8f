import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFailed, onTestFinished } from 'vitest'
import { lastNumber, wholeNumbers } from '../../kit/audio/numbered-frames.ts'
import { expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { patientFile } from '../../kit/cluster/configured.ts'
import { keepIcecast } from '../../kit/peers/icecast.ts'
import { type StockName, shareOf, stock, stockCommand, stockNames } from '../../kit/peers/stock.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { type Listener, listen, listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(originRuntimes)('moving a fleet from Icecast to distributary on %s, and back', (runtime) => {
  for (const name of stockNames)
    stock(name)(
      `S13: distributary relays keep their listeners while the address of ${name} changes hands, twice, with one icecast.xml`,
      async () => {
        const { url, file } = await oldAddress(name)
        const icecast = await stockAt(url, name, file)
        const events: string[] = []
        const source = startSource({
          url: `${url}/live.mp3`,
          password: secrets.source,
          programme: numbered,
          headers: expecting,
          onEvent: (event) => events.push(`${new Date().toISOString()} ${event}`),
        })
        onTestFinished(() => source.close())

        // 1. distributary relays next to the old ones: a plain Icecast is their master
        const flags = ['--master', url, '--update-interval', '1', '--config', patientFile()]
        const relay = await startOrigin(runtime, flags)
        onTestFinished(() => relay.stop())
        // a listener in silence: was it the relay, its master, or the source?
        onTestFailed(() =>
          console.log(`the source: ${events.join(', ')}\nthe relay:\n${relay.program.output()}`),
        )
        const listener = await listenWhenServed(`${relay.url}/live.mp3`)
        await eventually(() => lastNumber(listener.audio()) > 100)

        // 2. a distributary master takes the old address; encoders and relays reconnect by themselves
        await icecast.end()
        const master = await oursAt(url, runtime, file)
        await hearsOn(listener, source)

        // 3. requests to the old address are redirected from now on
        await eventually(async () => (await askOnce(`${url}/live.mp3`)) === `${relay.url}/live.mp3`)

        // and back
        await master.end()
        await stockAt(url, name, file)
        await hearsOn(listener, source)
        expect(listener.isClosed).toBe(false)
        listener.close()
        const numbers = wholeNumbers(listener.audio())
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        expect(new Set(numbers).size).toBe(numbers.length)
      },
    )
})

/** The address that encoders and listeners use, and the icecast.xml of the server there. */
async function oldAddress(name: StockName): Promise<{ url: string; file: string }> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'moving-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'icecast.xml')
  writeFileSync(file, icecastXml(port, folder, shareOf(stockCommand(name))))
  return { url: `http://127.0.0.1:${port}`, file }
}

/** A server at the old address. */
interface Running {
  end(): Promise<void>
}

/** A stock Icecast; encoders and relays that come back to it while it starts crash it now and then. */
async function stockAt(url: string, name: StockName, file: string): Promise<Running> {
  const icecast = await keepIcecast(() => start(stockCommand(name), ['-c', file]), url)
  const stop = () => icecast.stop('SIGTERM')
  onTestFailed(() => console.log(`${name}:\n${icecast.output()}`))
  onTestFinished(stop)
  return { end: stop }
}

async function oursAt(url: string, runtime: OriginRuntime, file: string): Promise<Running> {
  const program = start(runtime, [originProgram, '--config', file])
  onTestFinished(() => program.stop())
  await eventually(async () => (await fetch(`${url}/status-json.xsl`)).ok)
  return { end: () => end(program) }
}

async function end(program: Program): Promise<void> {
  program.signal('SIGTERM')
  await program.exited
}

/** Waits until a listener hears what its source sends from now on. */
async function hearsOn(listener: Listener, source: { readonly sent: number }): Promise<void> {
  const sentBefore = source.sent
  await eventually(() => lastNumber(listener.audio()) > sentBefore + 50)
}

/** Where a request is redirected; undefined if it is answered. */
async function askOnce(url: string): Promise<string | undefined> {
  const asked = await listen(url, { redirectsMax: 0 })
  asked.close()
  return asked.headers.get('location')
}

/** One file for both programs: Icecast ignores the settings that only distributary has. */
const icecastXml = (port: number, folder: string, share: string) => `<icecast>
  <limits><clients>100</clients><sources>10</sources></limits>
  <authentication>
    <source-password>${secrets.source}</source-password>
    <relay-password>${secrets.relay}</relay-password>
    <admin-user>admin</admin-user><admin-password>${secrets.admin}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <master-public-slave>1</master-public-slave>
  <paths>
    <basedir>${folder}</basedir>
    <webroot>${share}/web</webroot><adminroot>${share}/admin</adminroot>
  </paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security>${process.getuid?.() === 0 ? '<changeowner><user>nobody</user><group>nogroup</group></changeowner>' : ''}</security>
</icecast>`
