import { describe, expect, onTestFinished } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { peer } from '../../kit/peers/peers.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(originRuntimes)('a slave on %s', (runtime) => {
  peer('openssl')('relays from its master over https, and only one whose certificate is good', async () => {
    const { certFile, keyFile } = makeCertificate()
    const tlsPort = await freePort()
    const tls = ['--tls-port', String(tlsPort), '--tls-cert', certFile, '--tls-key', keyFile]
    const master = await startOrigin(runtime, tls)
    const source = startSource({
      url: `${master.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    onTestFinished(() => {
      source.close()
      return master.stop()
    })
    const slave = async (env: Record<string, string>) => {
      const port = await freePort()
      const flags = [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--master',
        `https://127.0.0.1:${tlsPort}`,
      ]
      const program = start(runtime, [originProgram, ...flags, '--update-interval', '1'], {
        env: { ORIGIN_MASTER_PASSWORD: secrets.relay, ...env },
      })
      onTestFinished(() => program.stop())
      return { program, url: `http://127.0.0.1:${port}/live.mp3` }
    }
    const trusting = await slave({ NODE_EXTRA_CA_CERTS: certFile })
    const wary = await slave({})
    const listener = await listenWhenServed(trusting.url)
    await eventually(() => listener.bytesHeard > 100_000)
    listener.close()
    expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(200)
    await wary.program.line(/no valid stream list.*(self.signed|certificate)/i)
  })
})
