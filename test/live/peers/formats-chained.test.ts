import { execFileSync } from 'node:child_process'
import { describe, expect, onTestFinished } from 'vitest'
import { type Programme, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suitePair } from '../../kit/cluster/pair.ts'
import { titleAt } from '../../kit/cluster/stats.ts'
import { peer } from '../../kit/peers/peers.ts'
import { pagesOf } from '../../kit/process/fixtures.ts'
import { start } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

const pageMs = 200

/** Songs in a loop: each is a link of its own, as encoders start one at every title. */
function chainOf(codec: 'libopus' | 'libvorbis', ...titles: readonly string[]): Programme {
  const pages = titles.flatMap((title, i) => {
    const sound = ['-f', 'lavfi', '-i', `sine=frequency=${440 + 100 * i}:sample_rate=48000:duration=3`]
    const flags = [
      '-c:a',
      codec,
      '-page_duration',
      String(pageMs * 1000),
      '-metadata',
      `title=${title}`,
      '-f',
      'ogg',
    ]
    const link = execFileSync('ffmpeg', ['-v', 'error', ...sound, ...flags, '-'])
    return pagesOf(link).map((at, page, all) => link.subarray(at, all[page + 1] ?? link.length))
  })
  return { at: (n) => pages[n % pages.length] ?? new Uint8Array(), frameMs: pageMs }
}

describe.for(originRuntimes)('a chained stream at a master and a slave on %s', (runtime) => {
  const pair = suitePair(runtime)
  const play = (mount: string, programme: Programme) => {
    const source = startSource({
      url: pair.master.url + mount,
      password: secrets.source,
      programme,
      contentType: 'audio/ogg',
    })
    onTestFinished(() => source.close())
  }

  peer('ffmpeg')('is decoded over its seams by ffmpeg, and both servers say what plays', async () => {
    const mount = '/songs.opus'
    play(mount, chainOf('libopus', 'First', 'Second'))
    const listener = await listenWhenServed(pair.slave.url + mount)
    for (const title of ['First', 'Second', 'First'])
      await eventually(async () =>
        expect([await titleAt(pair.master, mount), await titleAt(pair.slave, mount)]).toEqual([title, title]),
      )
    const player = start('ffmpeg', [
      '-v',
      'error',
      '-i',
      pair.slave.url + mount,
      '-t',
      '12',
      '-f',
      'null',
      '-',
    ])
    onTestFinished(() => player.stop())
    expect((await player.exited).code, player.output()).toBe(0)
    expect(player.output()).toBe('')
    listener.close()
    const heard = Buffer.from(listener.audio()).toString('latin1')
    expect(heard.split('OpusHead').length - 1).toBeGreaterThanOrEqual(3)
    for (const { program } of [pair.master, pair.slave])
      expect(program.output()).toMatch(/"message":"title".*"title":"First".*"title":"Second"/s)
  })

  peer('ffmpeg', 'ogg123')('is decoded over its seams by ogg123', async () => {
    const mount = '/songs.ogg'
    play(mount, chainOf('libvorbis', 'First', 'Second'))
    const listener = await listenWhenServed(pair.master.url + mount)
    onTestFinished(() => listener.close())
    const player = start('ogg123', ['-d', 'null', '-v', pair.master.url + mount])
    onTestFinished(() => player.stop())
    await eventually(() => player.output().split(/Title: (?:First|Second)/i).length > 4)
    await player.stop()
    expect(player.output()).not.toMatch(/error|corrupt|invalid|fail/i)
  })
})
