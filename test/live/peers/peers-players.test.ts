import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, startCluster } from '../../kit/cluster/cluster.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { start } from '../../kit/process/process.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'

/** frames that a player has to play: more than the burst, so that live ones are included */
const frames = 200
const bytesOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

describe.for(originRuntimes)('real players at an edge on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime)
  })
  afterAll(() => cluster?.stop())

  peer('ffmpeg')('ffmpeg follows the 302 and takes the frames in order', async () => {
    const file = join(testFolder(), 'heard.mp3')
    const copy = ['-c', 'copy', '-frames:a', String(frames), '-write_xing', '0', '-id3v2_version', '0']
    const player = start('ffmpeg', ['-v', 'error', '-i', cluster.url, ...copy, '-f', 'mp3', file])
    onTestFinished(() => player.stop())
    expect((await player.exited).code, player.output()).toBe(0)
    expect(numbersInOrder(readFileSync(file)).count).toBe(frames)
  })

  peer('mpg123')('mpg123 follows the 302 and decodes without a complaint', async () => {
    const file = join(testFolder(), 'heard.wav')
    const player = start('mpg123', ['-q', '--no-gapless', '-n', String(frames), '-w', file, cluster.url])
    onTestFinished(() => player.stop())
    expect((await player.exited).code, player.output()).toBe(0)
    expect(player.output()).not.toMatch(/error|illegal|resync|skipped/i)
    const stereoSamples = (bytesOf(file) - 44) / 4 // after the header of the wav
    expect(stereoSamples).toBe(frames * 1152)
  })

  peer('curl')('curl -L follows the 302 and takes the frames in order', async () => {
    const file = join(testFolder(), 'heard.mp3')
    const player = start('curl', ['-sSL', '-o', file, cluster.url])
    onTestFinished(() => player.stop())
    await eventually(() => bytesOf(file) > frames * 418)
    await player.stop()
    expect(numbersInOrder(readFileSync(file)).count).toBeGreaterThanOrEqual(frames - 1)
  })
})
