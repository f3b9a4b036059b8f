import type { Frame } from 'playwright-core'
import { describe, expect, onTestFinished } from 'vitest'
import { numbered, type Programme, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import { encodeSound, hlsSounds } from '../../kit/hls/hls-kinds.ts'
import { HlsStage, lookAt } from '../../kit/hls/hls-stage.ts'
import { browserPath, launch } from '../../kit/peers/browser.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import {
  masterAt,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
  startOriginAt,
} from '../../kit/process/runtimes.ts'

/** s: the default */
const targetSeconds = 4
/** s of audio that a player has to play before it is sure that it plays what came after an event: more than it has in its buffer */
const beyondBuffer = 7.5 * targetSeconds

/** silence of 48 kHz and 64 kbit/s: other parameters than the numbered frames have */
const mp3 = new Uint8Array(192)
mp3.set([0xff, 0xfb, 0x54, 0xc4])
const otherMp3: Programme = { at: () => mp3, frameMs: 24 }
/** How often a player has loaded the multivariant playlist: each connection begins with it. */
const connections = (frame: Frame) =>
  frame.evaluate<number>(
    `performance.getEntriesByType('resource').filter(({ name }) => /^[^?]*\\.m3u8/.test(name) && !name.includes('/hls/')).length`,
  )
const decodedBytes = (frame: Frame) =>
  frame.evaluate<number>(`document.querySelector('audio').webkitAudioDecodedByteCount`)

describe('players in Chromium', () => {
  peer('chromium', 'ffmpeg')(
    'go on at about the same pace as the clock, without connecting again, when the master is killed and comes back, a source comes back, and its bitrate changes',
    async () => {
      if (browserPath === undefined) throw new Error('there is no Chromium')
      const sound = hlsSounds.find(({ name }) => name === 'AAC-LC')
      if (!sound) throw new Error('there is no AAC-LC')
      const aac = encodeSound(sound, 10, testFolder()).programme
      const edge = await startEdge('bun')
      onTestFinished(() => edge.stop())
      const port = await freePort()
      const flags = [...masterAt(edge), '--max-listeners', '0']
      let master = await startOriginAt(port, 'node', flags)
      onTestFinished(() => master.stop())
      const slave = await startOrigin('bun', slaveOf(edge))
      onTestFinished(() => slave.stop())
      const sources = new Map<string, Source>()
      onTestFinished(() => {
        for (const source of sources.values()) source.close()
      })
      const play = (mount: string, programme: Programme, contentType: string) => {
        sources.get(mount)?.close()
        const url = master.url + mount
        sources.set(mount, startSource({ url, password: secrets.source, programme, contentType }))
      }
      play('/live.mp3', numbered, 'audio/mpeg')
      play('/live.aac', aac, 'audio/aac')
      const isThere = (mount: string) => async () =>
        (await fetch(edge.url + mount, { method: 'HEAD', redirect: 'manual' })).status === 302
      for (const mount of sources.keys()) await eventually(isThere(mount))

      const browser = await launch(browserPath, ['--autoplay-policy=no-user-gesture-required'])
      onTestFinished(() => browser.close())
      const stage = new HlsStage()
      await stage.open(browser)
      onTestFinished(() => stage.close())
      const players = new Map<string, Frame>()
      for (const mount of sources.keys())
        players.set(`hls.js, ${mount}`, await stage.play(`${edge.url}/play${mount}`))
      players.set('video.js, /live.aac', await stage.playByVideoJs(`${edge.url}/live.aac.m3u8`))

      const looks = async () =>
        new Map(
          await Promise.all([...players].map(async ([name, frame]) => [name, await lookAt(frame)] as const)),
        )
      /** Waits until all have played so many seconds more. */
      const advance = async (what: string, seconds: number) => {
        const before = await looks()
        await eventually(
          async () => {
            const now = await looks()
            for (const [name, { position }] of now)
              if (position < (before.get(name)?.position ?? 0) + seconds)
                throw new Error(
                  `${what}: ${name} stands at ${JSON.stringify([before.get(name), now.get(name)])}`,
                )
            return true
          },
          { withinMs: longPatienceMs, everyMs: 1000 },
        )
        // nothing is put where the numbers of segments alone say that it is
        for (const [name, { ahead }] of await looks())
          expect(ahead, `${name}: s in its buffer`).toBeLessThan(2 * beyondBuffer)
      }
      await advance('begins', targetSeconds)
      const begun = await looks()
      const decoded = await Promise.all([...players.values()].map(decodedBytes))

      master.program.kill('SIGKILL')
      await master.program.exited
      master = await startOriginAt(port, 'node', flags)
      await advance('the master has restarted', beyondBuffer)

      const segmentsBefore = await looks()
      play('/live.mp3', numbered, 'audio/mpeg')
      play('/live.aac', aac, 'audio/aac')
      await eventually(async () =>
        [...(await looks())].every(
          ([name, { segments }]) => segments.length > (segmentsBefore.get(name)?.segments.length ?? 0) + 1,
        ),
      )
      play('/live.mp3', otherMp3, 'audio/mpeg')
      await advance('sources have changed', beyondBuffer)

      for (const [name, { position, atMs, status }] of await looks()) {
        const from = begun.get(name)
        const [played, passed] = [position - (from?.position ?? 0), (atMs - (from?.atMs ?? 0)) / 1000]
        console.log(`${name}: ${played.toFixed(1)} s played of ${passed.toFixed(1)} s`)
        // numbers say too much of a restart by up to three segments; how long it took is up to the machine
        expect(played - passed, name).toBeLessThan(3 * targetSeconds)
        expect([name, status]).toEqual([name, name.startsWith('hls.js') ? 'Playing' : null])
      }
      for (const [i, [name, frame]] of [...players].entries()) {
        expect([name, await connections(frame)]).toEqual([name, 1])
        expect(await decodedBytes(frame), name).toBeGreaterThan(decoded[i] ?? 0)
      }
    },
    300_000,
  )
})
