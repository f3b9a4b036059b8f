import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { numberedFile } from '../../kit/audio/numbered-file.ts'
import { numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type Cluster, startCluster } from '../../kit/cluster/cluster.ts'
import { peer } from '../../kit/peers/peers.ts'
import { start } from '../../kit/process/process.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** frames of a file that an encoder sends: two minutes, longer than any of these tests */
const fileFrames = 4600
/** frames that a listener has to hear: more than the burst, so that live ones are included */
const heardFrames = 300

/** FILE, ICECAST and HTTP stand for what is sent and where to. */
const ffmpeg = '-v warning -re -i FILE -c copy -content_type audio/mpeg -f mp3'.split(' ')
const chunked = ['-H', 'Transfer-Encoding: chunked', '-H', 'Content-Type: audio/mpeg']
const encoders = [
  ['ffmpeg by PUT', 'ffmpeg', [...ffmpeg, 'ICECAST']],
  ['ffmpeg by SOURCE', 'ffmpeg', [...ffmpeg, '-legacy_icecast', '1', 'ICECAST']],
  ['curl -T, chunked,', 'curl', ['-sS', '--limit-rate', '17k', ...chunked, '-T', 'FILE', 'HTTP']],
] as const

describe.for(originRuntimes)('real encoders at a master on %s', (runtime) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster(runtime, 1)
  })
  afterAll(() => cluster?.stop())

  for (const [i, [name, program, flags]] of encoders.entries())
    peer(program)(`${name} is a source whose frames a listener hears through the edge`, async () => {
      const mount = `/encoder${i}.mp3`
      const address = `source:${secrets.source}@127.0.0.1:${cluster.master.port}${mount}`
      const words: Record<string, string> = {
        FILE: numberedFile(fileFrames),
        ICECAST: `icecast://${address}`,
        HTTP: `http://${address}`,
      }
      const encoder = start(
        program,
        flags.map((flag) => words[flag] ?? flag),
      )
      onTestFinished(() => encoder.stop())
      const listener = await listenWhenServed(cluster.edge.url + mount).catch((problem: unknown) => {
        throw new Error(`${name}: ${encoder.output()}`, { cause: problem })
      })
      await eventually(() => listener.bytesHeard > heardFrames * 418)
      listener.close()
      expect(numbersInOrder(listener.audio()).count).toBeGreaterThanOrEqual(heardFrames - 1)
      expect(listener.headers.get('content-type')).toBe('audio/mpeg')
    })
})
