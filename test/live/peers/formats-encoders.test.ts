import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { expectSameStream } from '../../kit/audio/streams.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suitePair } from '../../kit/cluster/pair.ts'
import { titleAt } from '../../kit/cluster/stats.ts'
import { containers, encode } from '../../kit/peers/encoder.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originRuntimes, type Server } from '../../kit/process/runtimes.ts'
import { type Listener, listenWhenServed } from '../../kit/wire/listener.ts'

/** bytes after which a join is late: more than the burst of 65,536, which would hold the beginning */
const lateBytes = 100_000
/** seconds that a player decodes: more than the burst holds, so that live ones are included */
const seconds = 5

describe.for(originRuntimes)('formats of real encoders at a master and a slave on %s', (runtime) => {
  const pair = suitePair(runtime)

  for (const [i, format] of containers.entries()) {
    const [name, contentType] = format
    const mount = `/tone${i}`
    peer('ffmpeg')(
      `${name}: ffmpeg decodes it from a late join at the slave, which has it byte by byte`,
      async () => {
        encode(pair.master.url + mount, format)
        const [early, slaves] = await Promise.all([hear(pair.master, mount), hear(pair.slave, mount)])
        expect(early.headers.get('content-type')).toBe(contentType)
        expect(early.headers.has('icy-metaint')).toBe(false)
        await eventually(() => early.bytesHeard > lateBytes && slaves.bytesHeard > lateBytes)
        const late = await hear(pair.slave, mount)
        const player = playByFfmpeg(pair.slave.url + mount)
        expect((await player.exited).code, player.output()).toBe(0)
        expect(player.output()).toBe('')
        for (const listener of [early, slaves, late]) listener.close()
        expectSameStream(early.audio(), slaves.audio(), late.audio())
        if (name === 'WebM') return
        await eventually(async () => expect(await titleAt(pair.slave, mount)).toBe(`Ä - ${name}`))
      },
    )

    // Debian's ogg123 knows no Opus, and reads no FLAC from a network
    if (name === 'Ogg Vorbis')
      peer('ffmpeg', 'ogg123')(`${name}: ogg123 decodes it from a late join`, async () => {
        encode(pair.master.url + mount, format)
        const early = await hear(pair.master, mount)
        await eventually(() => early.bytesHeard > lateBytes)
        early.close()
        const file = join(testFolder(), 'heard.wav')
        const player = start('ogg123', ['-d', 'wav', '-f', file, pair.master.url + mount])
        onTestFinished(() => player.stop())
        await eventually(() => bytesOf(file) > seconds * 48_000 * 4)
        await player.stop()
        expect(player.output()).not.toMatch(/error|corrupt|invalid|fail/i)
      })
  }
})

const bytesOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
const hear = ({ url }: Server, mount: string): Promise<Listener> =>
  listenWhenServed(url + mount, { icy: true })

function playByFfmpeg(url: string): Program {
  const player = start('ffmpeg', ['-v', 'warning', '-i', url, '-t', String(seconds), '-f', 'null', '-'])
  onTestFinished(() => player.stop())
  return player
}
