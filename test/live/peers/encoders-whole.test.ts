import { afterAll, beforeAll, describe, expect } from 'vitest'
import {
  expectDecoded,
  expectTitlesInPlace,
  expectWhole,
  type Performance,
  perform,
} from '../../kit/cluster/performance.ts'
import { startRival } from '../../kit/cluster/rivals.ts'
import { encoders } from '../../kit/peers/encoders.ts'
import { absentOf, peer } from '../../kit/peers/peers.ts'
import { makePieces, type Pieces } from '../../kit/peers/pieces.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { freePortBlock } from '../../kit/process/ports.ts'
import { originRuntimes, type Server } from '../../kit/process/runtimes.ts'
import { peerSeconds } from '../../kit/run/peer-seconds.ts'

/** pieces that each encoder plays, of five seconds each, so a new title every five seconds */
const count = peerSeconds / 5

/** bytes of the longest stream, and more: a listener that a busy machine lets in late gets all of it still */
const wholeBytes = 8_000_000

describe.for(originRuntimes)(
  'real encoders, each heard from its first byte to its last, on %s',
  (runtime) => {
    const folder = suiteFolder()
    let server: Server
    let pieces: Pieces
    const performances = new Map<string, Promise<Performance>>()
    beforeAll(async () => {
      const played = encoders.filter(({ peers }) => absentOf(peers).length === 0)
      if (played.length === 0) return
      pieces = makePieces(folder, count)
      const sockets = await Promise.all(
        played.map(
          async ({ isShoutcast }, i) =>
            isShoutcast && { port: await freePortBlock(2), mount: `/encoder${i}` },
        ),
      )
      const elements = sockets.map((socket) => (socket ? shoutcastSocket(socket) : '')).join('')
      server = await startRival(runtime, { elements, limits: `<burst-size>${wholeBytes}</burst-size>` })
      for (const [i, encoder] of played.entries()) {
        const { port = server.port } = sockets[i] || {}
        performances.set(encoder.name, perform(encoder, { url: server.url, port }, `/encoder${i}`, pieces))
      }
      await Promise.allSettled(performances.values())
    })
    afterAll(() => server?.stop())

    for (const { name, peers, contentType, titles, isShoutcast } of encoders)
      peer(...peers, 'ffmpeg')(`${name}: all that it sends is heard, in order, and decoded`, async () => {
        const performance = await performances.get(name)
        if (!performance) throw new Error(`${name} did not play`)
        expect(performance.listener.headers.get('content-type')).toBe(
          isShoutcast ? 'audio/mpeg' : contentType,
        )
        const from = expectWhole(performance)
        expectDecoded(performance, 5 * count - 1)
        if (titles === 'requests' || titles === 'by others') expectTitlesInPlace(performance, from)
        if (titles === 'comments') {
          const { pathname } = new URL(performance.listener.url)
          const logged = server.program
            .output()
            .matchAll(new RegExp(`title mount="${pathname}" .*title="(.*)"`, 'g'))
          expect([...logged].map(([, title]) => title)).toEqual(pieces.titles)
        }
      })
  },
)

const shoutcastSocket = ({ port, mount }: { port: number; mount: string }) =>
  `<listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address><shoutcast-mount>${mount}</shoutcast-mount></listen-socket>`
