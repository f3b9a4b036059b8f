import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { setTitle } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suitePair } from '../../kit/cluster/pair.ts'
import { titleAt } from '../../kit/cluster/stats.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { start } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

const sound = ['-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(880*PI*t)+0.1*random(0):s=48000']

describe.for(originRuntimes)('titles by /admin/metadata in Ogg on %s', (runtime) => {
  const pair = suitePair(runtime)
  const encode = (mount: string, codec: string) => {
    const to = `icecast://source:${secrets.source}@127.0.0.1:${pair.master.port}${mount}`
    const flags = ['-c:a', codec, '-page_duration', '200000', '-f', 'ogg', '-content_type', 'audio/ogg']
    const encoder = start('ffmpeg', ['-v', 'error', '-re', ...sound, ...flags, to])
    onTestFinished(() => encoder.stop())
  }

  peer('ffmpeg', 'ogg123')('Vorbis: players at the slave hear each title in turn, and no error', async () => {
    const mount = '/titled.ogg'
    encode(mount, 'libvorbis')
    const listener = await listenWhenServed(pair.slave.url + mount)
    onTestFinished(() => listener.close())
    const show = start('ogg123', ['-d', 'null', '-v', pair.slave.url + mount])
    const file = join(testFolder(), 'heard.wav')
    const decode = start('ffmpeg', [
      '-v',
      'error',
      '-i',
      pair.slave.url + mount,
      '-t',
      '10',
      '-f',
      'wav',
      file,
    ])
    onTestFinished(() => Promise.all([show.stop(), decode.stop()]).then(() => {}))
    await show.line(/Ogg Vorbis stream/)
    const links = () => show.output().match(/Ogg Vorbis stream/g)?.length ?? 0
    for (const [i, title] of ['Erste – Ünder', 'Zweite', 'Dritte'].entries()) {
      await setTitle(pair.master.url + mount, secrets.source, title)
      await eventually(async () => expect(await titleAt(pair.slave, mount)).toBe(title))
      await eventually(() => Buffer.from(listener.audio()).includes(`TITLE=${title}`))
      await eventually(() => links() >= i + 2)
    }
    // on a busy machine ogg123 may skip a title of one stream, but not in all three
    expect(show.output()).toMatch(/Title: (Erste|Zweite|Dritte)/)
    expect((await decode.exited).code, decode.output()).toBe(0)
    expect(decode.output()).toBe('')
    // ten seconds by the stream's own clock are ten seconds of sound: no seam makes time jump
    expect(statSync(file).size / (48_000 * 2)).toBeGreaterThan(9.9)
    await show.stop()
    expect(show.output()).not.toMatch(/error|corrupt|invalid|fail/i)
  })

  // For Opus, 80 ms are repeated at each title, which players skip; ffmpeg counts them as time all the same. For FLAC it
  // treats the time before it joined as a jump, so its clock says nothing.
  const seconds = [
    ['libopus', 9.6],
    ['flac', 5],
  ] as const
  for (const [codec, secondsMin] of seconds)
    peer('ffmpeg')(
      `${codec}: players at the slave show each title in turn, and play all of the audio`,
      async () => {
        const mount = `/titled-${codec}.ogg`
        encode(mount, codec)
        const listener = await listenWhenServed(pair.slave.url + mount)
        onTestFinished(() => listener.close())
        const file = join(testFolder(), 'heard.wav')
        const decoding = ['-v', 'error', '-i', pair.slave.url + mount, '-t', '10', '-f', 'wav', file]
        const decode = start('ffmpeg', decoding)
        onTestFinished(() => decode.stop().then(() => {}))
        for (const title of ['Erste – Ünder', 'Zweite', 'Dritte']) {
          await setTitle(pair.master.url + mount, secrets.source, title)
          await eventually(async () => expect(await titleAt(pair.slave, mount)).toBe(title))
          await eventually(() => Buffer.from(listener.audio()).includes(`TITLE=${title}`))
        }
        expect((await decode.exited).code, decode.output()).toBe(0)
        expect(decode.output()).not.toMatch(/corrupt|invalid data|failed/i)
        expect(statSync(file).size / (48_000 * 2)).toBeGreaterThan(secondsMin)
      },
    )

  peer('ffmpeg')('Theora: they are refused, as its encoder alone can set them', async () => {
    const mount = '/titled.ogv'
    const to = `icecast://source:${secrets.source}@127.0.0.1:${pair.master.port}${mount}`
    const pictures = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10', '-c:v', 'libtheora', '-g', '10']
    const flags = ['-f', 'ogg', '-content_type', 'video/ogg']
    const encoder = start('ffmpeg', ['-v', 'error', '-re', ...pictures, ...flags, to])
    onTestFinished(() => encoder.stop())
    const listener = await listenWhenServed(pair.master.url + mount)
    onTestFinished(() => listener.close())
    const query = `mode=updinfo&mount=${mount}&song=Other`
    const Authorization = `Basic ${btoa(`source:${secrets.source}`)}`
    const answer = await fetch(`${pair.master.url}/admin/metadata?${query}`, { headers: { Authorization } })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('Mountpoint will not accept URL updates')
  })
})
