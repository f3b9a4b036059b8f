import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { testFolder } from '../kit/files.ts'
import { clustersOf, pagesOf } from '../kit/fixtures.ts'
import { type Listener, listenWhenServed } from '../kit/listener.ts'
import { peer } from '../kit/peers.ts'
import { type Program, start } from '../kit/process.ts'
import { originRuntimes, type Server, secrets, slaveOf, startOrigin } from '../kit/runtimes.ts'
import { titleAt } from '../kit/stats.ts'

const pages = ['-page_duration', '200000', '-f', 'ogg']
const formats = [
  ['Ogg Opus', 'audio/ogg; codecs=opus', ['-c:a', 'libopus', '-b:a', '256k', ...pages]],
  ['Ogg Vorbis', 'application/ogg', ['-c:a', 'libvorbis', '-q:a', '9', ...pages]],
  ['Ogg FLAC', 'audio/ogg', ['-c:a', 'flac', ...pages]],
  ['WebM', 'audio/webm', ['-c:a', 'libopus', '-b:a', '256k', '-cluster_time_limit', '500', '-f', 'webm']],
] as const
/** what no encoder makes small: a tone and noise, stereo, 48 kHz */
const sound = ['-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(880*PI*t)+0.3*random(0)|0.3*random(1):s=48000']
/** bytes after which a join is late: more than the burst of 65,536, which would hold the beginning */
const lateBytes = 100_000
/** seconds that a player decodes: more than the burst holds, so that live ones are among them */
const seconds = 5

describe.for(originRuntimes)('formats of others at a master and a slave on %s', (runtime) => {
  let master: Server
  let slave: Server
  beforeAll(async () => {
    master = await startOrigin(runtime)
    slave = await startOrigin(runtime, slaveOf(master))
  })
  afterAll(async () => {
    await slave?.stop()
    await master?.stop()
  })

  for (const [i, [name, contentType, flags]] of formats.entries()) {
    const mount = `/tone${i}`
    const encode = () => {
      const address = `icecast://source:${secrets.source}@127.0.0.1:${master.port}${mount}`
      const tags = ['-metadata', 'artist=Ä', '-metadata', `title=${name}`]
      const encoder = start('ffmpeg', [
        '-v',
        'error',
        '-re',
        ...sound,
        ...flags,
        ...tags,
        '-content_type',
        contentType,
        address,
      ])
      onTestFinished(() => encoder.stop())
    }

    peer('ffmpeg')(
      `${name}: ffmpeg decodes it from a late join at the slave, which has it byte by byte`,
      async () => {
        encode()
        const [early, slaves] = await Promise.all([hear(master, mount), hear(slave, mount)])
        expect(early.headers.get('content-type')).toBe(contentType)
        expect(early.headers.has('icy-metaint')).toBe(false)
        await eventually(() => early.bytesHeard > lateBytes && slaves.bytesHeard > lateBytes, {
          withinMs: 60_000,
        })
        const late = await hear(slave, mount)
        const player = playByFfmpeg(slave.url + mount)
        expect((await player.exited).code, player.output()).toBe(0)
        expect(player.output()).toBe('')
        for (const listener of [early, slaves, late]) listener.close()
        expectSameStream(early.audio(), slaves.audio(), late.audio())
        if (name === 'WebM') return
        await eventually(async () => expect(await titleAt(slave, mount)).toBe(`Ä - ${name}`))
      },
    )

    // Debian's knows no Opus, and takes no FLAC from a network
    if (name === 'Ogg Vorbis')
      peer('ffmpeg', 'ogg123')(`${name}: ogg123 decodes it from a late join`, async () => {
        encode()
        const early = await hear(master, mount)
        await eventually(() => early.bytesHeard > lateBytes, { withinMs: 60_000 })
        early.close()
        const file = join(testFolder(), 'heard.wav')
        const player = start('ogg123', ['-d', 'wav', '-f', file, master.url + mount])
        onTestFinished(() => player.stop())
        await eventually(() => bytesOf(file) > seconds * 48_000 * 4, { withinMs: 30_000 })
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

/** Each of the others has the beginning of the whole, up to some page or Cluster, and then a stretch to its own end. */
function expectSameStream(whole: Uint8Array, ...others: Uint8Array[]): void {
  const all = Buffer.from(whole)
  for (const other of others.map((bytes) => Buffer.from(bytes))) {
    const end = all.lastIndexOf(other.subarray(-1000)) + 1000
    expect(end, 'the end of one listener is in what another heard').toBeGreaterThan(1000)
    const from = beginsOf(other).find((at) =>
      other.subarray(at).equals(all.subarray(end - other.length + at, end)),
    )
    expect(other.subarray(0, from).equals(all.subarray(0, from)), `a header of ${from} bytes`).toBe(true)
  }
}

const beginsOf = (bytes: Buffer) => [0, ...pagesOf(bytes), ...clustersOf(bytes)].sort((a, b) => a - b)
