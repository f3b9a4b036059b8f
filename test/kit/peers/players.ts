import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, start } from '../process/process.ts'
import { startLiquidsoap } from './liquidsoap.ts'
import type { Peer } from './peers.ts'

/** A program of others as a listener. It writes what it decodes to a file, and prints the titles that it shows. */
export interface Player {
  name: string
  peer: Peer
  /** the format that it is given */
  format: 'mp3' | 'vorbis'
  start(url: string, folder: string): Program
  /** what it prints where it shows a title */
  title: RegExp
}

/** Where a player writes what it decodes, as 16 bit PCM. */
const pcmIn = (folder: string) => join(folder, 'heard.wav')

/** Bytes that a player has decoded so far. */
export const decodedBytes = (folder: string): number =>
  statSync(pcmIn(folder), { throwIfNoEntry: false })?.size ?? 0

/** What a player prints where the stream is not whole; VLC is `resyncing on` what it plays in any case. */
export const complaint =
  /error while decoding|header missing|invalid data|illegal|resync(?!ing on )|corrupt|skipped \d|hole in data/i

/** mpg123 shows titles in the charset of its locale, and none in that of C. */
const utf8 = { LC_ALL: 'C.UTF-8' }

export const players: readonly Player[] = [
  {
    name: 'ffmpeg',
    peer: 'ffmpeg',
    format: 'mp3',
    start: (url, folder) => start('ffmpeg', ['-v', 'verbose', '-i', url, '-c:a', 'pcm_s16le', pcmIn(folder)]),
    title: /Metadata update for StreamTitle: (.*)/,
  },
  {
    name: 'mpg123',
    peer: 'mpg123',
    format: 'mp3',
    start: (url, folder) => start('mpg123', ['-v', '--no-control', '-w', pcmIn(folder), url], { env: utf8 }),
    title: /ICY-META: StreamTitle='(.*)';/,
  },
  {
    name: 'mpv',
    peer: 'mpv',
    format: 'mp3',
    start: (url, folder) =>
      start('mpv', ['--no-config', '--no-video', '--ao=pcm', `--ao-pcm-file=${pcmIn(folder)}`, url]),
    title: /icy-title: (.*)/,
  },
  {
    name: 'VLC',
    peer: 'cvlc',
    format: 'mp3',
    // it refuses to run as root
    start: (url, folder) =>
      start('cvlc', ['-vv', '--no-color', '--aout=afile', `--audiofile-file=${pcmIn(folder)}`, url], {
        unprivileged: true,
        env: { HOME: folder },
      }),
    title: /New Icy-Title=(.*)/,
  },
  {
    name: 'liquidsoap, input.http',
    peer: 'liquidsoap',
    format: 'mp3',
    start(url, folder) {
      return startLiquidsoap(
        join(folder, 'listen.liq'),
        `stream = input.http("${url}")
stream.on_metadata(fun (m) -> print("now: " ^ m["title"]))
output.file(%wav, fallible=true, "${pcmIn(folder)}", stream)
`,
      )
    },
    title: /^now: (.*)/,
  },
  {
    name: 'ogg123',
    peer: 'ogg123',
    format: 'vorbis',
    start: (url, folder) => start('ogg123', ['-v', '-d', 'wav', '-f', pcmIn(folder), url]),
    title: /Title: (.*)/,
  },
]
