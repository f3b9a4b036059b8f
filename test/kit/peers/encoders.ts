import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, start } from '../process/process.ts'
import { secrets } from '../process/runtimes.ts'
import { containers, sound } from './encoder.ts'
import { startLiquidsoap } from './liquidsoap.ts'
import type { Peer } from './peers.ts'
import type { Pieces } from './pieces.ts'

/** Where an encoder sends its stream: a mount of a server on this machine. */
interface Target {
  port: number
  mount: string
}

/** A program of others as a source. It plays the pieces once, or as long as they would last, and ends. */
export interface Encoder {
  name: string
  peers: readonly Peer[]
  /** which bytes come first to a listener who joins late, and how frames are told apart */
  kind: 'frames' | 'container'
  contentType: string
  /** where titles come from: requests of the encoder or of others, comments in its stream, or nowhere */
  titles: 'requests' | 'by others' | 'comments' | 'none'
  /** it wants a Shoutcast socket: the source goes to the port above the one that it is given */
  isShoutcast?: boolean
  start(target: Target, pieces: Pieces): Program
}

const mp3 = { kind: 'frames', contentType: 'audio/mpeg' } as const
const ogg = { kind: 'container', contentType: 'application/ogg' } as const

/** ffmpeg, which encodes as it sends; titles are for others to set. */
const ffmpeg = (
  name: string,
  contentType: string,
  flags: readonly string[],
  kind: Encoder['kind'] = 'frames',
): Encoder => ({
  name: `ffmpeg, ${name}`,
  peers: ['ffmpeg'],
  kind,
  contentType,
  titles: kind === 'frames' ? 'by others' : 'none',
  start: ({ port, mount }, { seconds }) => {
    const to = `icecast://source:${secrets.source}@127.0.0.1:${port}${mount}`
    const input = ['-v', 'error', '-re', '-f', 'lavfi', '-i', sound, '-t', String(seconds)]
    return start('ffmpeg', [...input, ...flags, '-content_type', contentType, to])
  },
})

/** ezstream, which sends files as they are by libshout, whose handshake it is. */
const ezstream = (protocol: 'HTTP' | 'ICY'): Encoder => ({
  name: `ezstream, ${protocol === 'HTTP' ? 'MP3 by SOURCE or PUT' : 'MP3 by the protocol of Shoutcast'}`,
  peers: ['ezstream'],
  ...mp3,
  titles: 'requests',
  isShoutcast: protocol === 'ICY',
  start({ port, mount }, { folder, mp3: files }) {
    const list = join(folder, `ezstream${protocol}.m3u`)
    const config = join(folder, `ezstream${protocol}.xml`)
    writeFileSync(list, `${files.join('\n')}\n`)
    writeFileSync(
      config,
      `<ezstream>
        <servers><server>
          <protocol>${protocol}</protocol><hostname>127.0.0.1</hostname><port>${port}</port>
          <password>${secrets.source}</password><tls>${protocol === 'HTTP' ? 'may' : 'none'}</tls>
        </server></servers>
        <streams><stream><mountpoint>${mount}</mountpoint><format>MP3</format></stream></streams>
        <intakes><intake>
          <type>playlist</type><filename>${list}</filename><stream_once>yes</stream_once>
        </intake></intakes>
      </ezstream>`,
    )
    return start('ezstream', ['-v', '-c', config])
  },
})

/** ices2, which sends Ogg Vorbis files as they are, one link after the other, by libshout. */
const ices2: Encoder = {
  name: 'ices2, Ogg Vorbis',
  peers: ['ices2', 'ffmpeg'],
  ...ogg,
  titles: 'comments',
  start({ port, mount }, { folder, vorbis }) {
    const list = join(folder, 'ices2.txt')
    const config = join(folder, 'ices2.xml')
    writeFileSync(list, `${vorbis.join('\n')}\n`)
    writeFileSync(
      config,
      `<ices>
        <background>0</background><consolelog>1</consolelog><loglevel>3</loglevel>
        <logpath>${folder}</logpath><logfile>ices2.log</logfile>
        <stream>
          <input>
            <module>playlist</module><param name="type">basic</param><param name="file">${list}</param>
            <param name="random">0</param><param name="once">1</param>
          </input>
          <instance>
            <hostname>127.0.0.1</hostname><port>${port}</port><password>${secrets.source}</password>
            <mount>${mount}</mount>
          </instance>
        </stream>
      </ices>`,
    )
    return start('ices2', [config])
  },
}

/** liquidsoap, which cuts MP3 files into frames and joins them again, or encodes what it decodes. */
const liquidsoap = (name: string, codec: 'mp3' | 'vorbis', flags: string, isShoutcast = false): Encoder => ({
  name: `liquidsoap, ${name}`,
  peers: ['liquidsoap', 'ffmpeg'],
  ...(codec === 'mp3' ? { ...mp3, titles: 'requests' } : { ...ogg, titles: 'comments' }),
  isShoutcast,
  start({ port, mount }, { folder, titles, ...pieces }) {
    const requests = pieces[codec].map(
      (file, i) => `request.create("annotate:title=\\"${titles[i]}\\":${file}")`,
    )
    return startLiquidsoap(
      join(folder, `${mount.replaceAll('/', '')}.liq`),
      `pieces = request.queue(queue=[${requests.join(', ')}])
output.icecast(${liquidsoapEncodings[codec]}, ${flags} fallible=true, host="127.0.0.1", port=${port},
  password="${secrets.source}", mount="${mount}", on_stop=shutdown, pieces)
`,
    )
  },
})

const liquidsoapEncodings = {
  mp3: '%ffmpeg(format="mp3", write_xing=0, id3v2_version=0, %audio.copy), format="audio/mpeg"',
  vorbis: '%vorbis, format="application/ogg"',
} as const

/** Every encoder of others that sources are held to, in every way that it has of sending. */
export const encoders: readonly Encoder[] = [
  ffmpeg('MP3', 'audio/mpeg', ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3']),
  ffmpeg('AAC', 'audio/aac', ['-c:a', 'aac', '-b:a', '128k', '-f', 'adts']),
  ...containers.map(([name, contentType, flags]) => ffmpeg(name, contentType, flags, 'container')),
  ezstream('HTTP'),
  ezstream('ICY'),
  ices2,
  liquidsoap('MP3 by SOURCE', 'mp3', ''),
  liquidsoap('MP3 by PUT, chunked', 'mp3', 'method="put", chunked=true,'),
  liquidsoap('MP3 by the protocol of Shoutcast', 'mp3', 'protocol="icy",', true),
  liquidsoap('Ogg Vorbis by SOURCE', 'vorbis', ''),
]
