import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { loopOf, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, startCluster } from '../../kit/cluster/cluster.ts'
import { launch, shellPath } from '../../kit/peers/browser.ts'
import { peer } from '../../kit/peers/peers.ts'
import { repo } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** seconds that the browser plays: more than the burst holds, so that live ones are included */
const seconds = 6

describe.for(originRuntimes)('an <audio> of Chromium, on %s', (runtime) => {
  let cluster: Cluster
  let source: Source
  let browser: Browser
  beforeAll(async () => {
    if (shellPath === undefined) return
    cluster = await startCluster(runtime, 0)
    source = startSource({
      url: `${cluster.master.url}/piece.mp3`,
      password: secrets.source,
      programme: loopOf(readFileSync(join(repo, 'test/tools/demo/loop.mp3'))),
    })
    ;(await listenWhenServed(`${cluster.edge.url}/piece.mp3`)).close()
    browser = await launch(shellPath, ['--autoplay-policy=no-user-gesture-required'])
  })
  afterAll(async () => {
    await browser?.close()
    source?.close()
    await cluster?.stop()
  })

  for (const way of ['straight', 'by the 302 of the edge'] as const)
    peer('chromium')(`plays a mount ${way}`, async () => {
      const { url } = way === 'straight' ? cluster.master : cluster.edge
      const page = await browser.newPage()
      await page.goto(`${url}/healthz`)
      // this function runs in the page, whose types this program does not have
      await page.evaluate(`(() => {
        const audio = document.createElement('audio')
        audio.src = '/piece.mp3'
        document.body.append(audio)
        return audio.play()
      })()`)
      const look = () =>
        page.evaluate<{ played: number; error: unknown }>(
          `(({ currentTime, error }) => ({ played: currentTime, error }))(document.querySelector('audio'))`,
        )
      await eventually(async () => (await look()).played > seconds, { everyMs: 200 })
      const { error } = await look()
      expect(error).toBeNull()
      await page.close()
    })
})
