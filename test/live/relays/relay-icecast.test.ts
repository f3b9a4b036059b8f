import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { masterBlock, relayBlock, startConfigured } from '../../kit/cluster/configured.ts'
import { startRival } from '../../kit/cluster/rivals.ts'
import { mountBlock } from '../../kit/cluster/scene.ts'
import { stock, stockNames } from '../../kit/peers/stock.ts'
import { testFolder } from '../../kit/process/files.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listen, listenWhenServed } from '../../kit/wire/listener.ts'

const login = { user: 'bob', password: 'pa:ss' }

/** A password file with one user, in the format of Icecast 2.4. */
function passwordFile(): string {
  const folder = testFolder()
  chmodSync(folder, 0o755) // Icecast reads it as nobody
  const file = join(folder, 'users')
  writeFileSync(file, `${login.user}:${createHash('md5').update(login.password).digest('hex')}\n`)
  return file
}

const protectedMount = (name: string) =>
  `<mount><mount-name>${name}</mount-name><authentication type="htpasswd">
    <option name="filename" value="${passwordFile()}"/><option name="allow_duplicate_users" value="1"/>
  </authentication></mount>`

describe.for(originRuntimes)('a slave on %s of a stock Icecast', (runtime) => {
  for (const name of stockNames) {
    stock(name)(
      `of ${name}: mirrors its list, and by its own blocks the mounts that are hidden or protected there`,
      async () => {
        const elements = mountBlock('/hidden.mp3', { hidden: 1 }) + protectedMount('/safe.mp3')
        const icecast = await startRival(name, { elements })
        onTestFinished(() => icecast.stop())
        for (const mount of ['/open.mp3', '/hidden.mp3', '/safe.mp3']) {
          const url = icecast.url + mount
          const source = startSource({
            url,
            password: secrets.source,
            programme: numbered,
            headers: expecting,
          })
          onTestFinished(() => source.close())
          await eventually(() => source.isPlaying)
        }
        const slave = await startConfigured(
          runtime,
          masterBlock(icecast.port) +
            '<master-public-slave>1</master-public-slave>' +
            relayBlock(icecast.port, '/hidden.mp3') +
            relayBlock(
              icecast.port,
              '/safe.mp3',
              `<username>${login.user}</username><password>${login.password}</password>`,
            ),
        )
        for (const mount of ['/open.mp3', '/hidden.mp3', '/safe.mp3']) {
          const listener = await listenWhenServed(slave.url + mount)
          await eventually(() => listener.bytesHeard > 60_000)
          listener.close()
          // the bytes before the first frame are the rest of one: stock Icecast begins anywhere
          expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(100)
        }
        expect(slave.program.output().match(/report rejected/g)?.length).toBe(1)
      },
    )

    stock(name)(
      `S12: of ${name}: waits for a mount that does not exist yet, and drops one that has ended`,
      async () => {
        const icecast = await startRival(name, {})
        onTestFinished(() => icecast.stop())
        const slave = await startConfigured(
          runtime,
          `${masterBlock(icecast.port)}<limits><source-timeout>2</source-timeout></limits>`,
        )
        const url = `${icecast.url}/late.mp3`
        const source = startSource({ url, password: secrets.source, programme: numbered, headers: expecting })
        const listener = await listenWhenServed(`${slave.url}/late.mp3`)
        source.close()
        await eventually(() => listener.isClosed)
        await eventually(async () => (await listen(`${slave.url}/late.mp3`)).status === 404)
      },
    )
  }
})
