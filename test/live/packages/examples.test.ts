import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { framesOf } from '../../kit/audio/mpeg.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { peer } from '../../kit/peers/peers.ts'
import { example, readIni } from '../../kit/process/examples.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { connectRaw } from '../../kit/wire/raw.ts'

/** seconds of music in the file that encoders play, at least; they are heard for a few */
const frames = 2000

describe.concurrent('sources of docs/examples, at one origin', () => {
  const folder = suiteFolder()
  const music = join(folder, 'music')
  const track = join(music, 'track.mp3')
  let origin: Server
  beforeAll(async () => {
    mkdirSync(music)
    writeFileSync(track, Buffer.concat(Array.from({ length: frames }, (_, n) => numberedFrame(n))))
    writeFileSync(join(music, 'playlist.m3u'), `${track}\n`)
    origin = await startOrigin('node')
  })
  afterAll(() => origin?.stop())

  /** Where an example sends, in place of where it says. */
  const target = (mount: string) => ({
    'SOURCE-PASSWORD': secrets.source,
    'master.example.org': '127.0.0.1',
    '8000': String(origin.port),
    'live.mp3': mount,
  })
  const write = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text, { mode: 0o755 })
    return file
  }
  async function heard(mount: string, encoder: Program | undefined): Promise<void> {
    try {
      const listener = await listenWhenServed(`${origin.url}/${mount}`)
      expect(listener.headers.get('content-type')).toBe('audio/mpeg')
      await eventually(() => listener.bytesHeard > 40_000)
      const { frames: whole } = framesOf(listener.audio())
      expect(whole.length).toBeGreaterThan(50)
      listener.close()
    } catch (problem) {
      throw new Error(`not heard; the encoder said:\n${encoder?.output()}`, { cause: problem })
    } finally {
      await encoder?.stop()
    }
  }

  peer('ffmpeg')('ffmpeg.sh plays a file', async () => {
    const script = write('ffmpeg.sh', example('ffmpeg.sh', target('ffmpeg.mp3')))
    await heard('ffmpeg.mp3', start('sh', [script, track]))
  })

  peer('liquidsoap')('liquidsoap.liq plays a folder', async () => {
    const text = example('liquidsoap.liq', { ...target('liquidsoap.mp3'), '/srv/music': music })
    const script = write('radio.liq', `settings.init.allow_root.set(true)\n${text}`)
    await heard('liquidsoap.mp3', start('liquidsoap', [script]))
  })

  peer('ezstream')('ezstream.xml plays a list', async () => {
    const text = example('ezstream.xml', { ...target('ezstream.mp3'), '/srv/music': music })
    await heard('ezstream.mp3', start('ezstream', ['-v', '-c', write('ezstream.xml', text)]))
  })

  test('butt.ini: a source that does what BUTT does with these settings is accepted; BUTT itself needs a window', async () => {
    const ini = readIni(example('butt.ini', target('butt.mp3')))
    const server = ini.get(ini.get('main')?.get('server') ?? '')
    const [port, mount, user, password] = ['port', 'mount', 'usr', 'password'].map(
      (name) => server?.get(name) ?? '',
    )
    expect([
      server?.get('address'),
      server?.get('type'),
      server?.get('tls'),
      ini.get('audio')?.get('codec'),
    ]).toEqual(['127.0.0.1', '1', '0', 'mp3'])
    const bitrate = ini.get('audio')?.get('bitrate')
    const source = connectRaw(Number(port))
    source.send(
      [
        `PUT /${mount} HTTP/1.1`,
        `Authorization: ${basic(user ?? '', password ?? '')}`,
        `Host: 127.0.0.1:${port}`,
        'User-Agent: butt 0.1.40',
        'Content-Type: audio/mpeg',
        'ice-name: Radio Example',
        'ice-public: 0',
        `ice-audio-info: ice-bitrate=${bitrate};ice-channels=2;ice-samplerate=44100`,
        'Expect: 100-continue',
        '',
        '',
      ].join('\r\n'),
    )
    await source.until(/^HTTP\/1\.1 100 /)
    for (let n = 0; n < 200; n++) source.send(numberedFrame(n))
    await heard('butt.mp3', undefined)
    source.socket.destroy()
  })
})

interface Service {
  command: string[]
  environment: Record<string, string>
}

test('compose.yaml: each service is a command and an environment that the program accepts by --check', async () => {
  const compose = parse(example('compose.yaml'), { merge: true }) as { services: Record<string, Service> }
  expect(Object.keys(compose.services)).toEqual(['edge', 'master', 'relay1'])
  const checks = Object.values(compose.services).map(async ({ command, environment }) => {
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(/\$\{(\w+):\?\}/, 'the-secret-$1'),
      ]),
    )
    const program = start('node', ['distributary.ts', ...command, '--check'], { env })
    const { code } = await program.exited
    return { code, output: program.output().trim() }
  })
  for (const { code, output } of await Promise.all(checks)) {
    expect(output).toMatch(/^configuration OK$/m)
    expect(output).not.toContain('warning')
    expect(code).toBe(0)
  }
})
