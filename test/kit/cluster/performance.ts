import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { framesOf } from '../audio/mpeg.ts'
import { setTitle } from '../audio/source.ts'
import { expectSameStream } from '../audio/streams.ts'
import { eventually } from '../base/eventually.ts'
import type { Encoder } from '../peers/encoders.ts'
import type { Pieces } from '../peers/pieces.ts'
import { freePortBlock } from '../process/ports.ts'
import { secrets } from '../process/runtimes.ts'
import { type Listener, listenWhenServed } from '../wire/listener.ts'
import { openTap, type Tap, type TitleSent } from '../wire/tap.ts'

/** What an encoder sent from its first byte to its last, and what a listener heard of it. */
export interface Performance {
  encoder: Encoder
  sent: Buffer
  titles: readonly TitleSent[]
  listener: Listener
}

/** ms until an encoder sends: four of liquidsoap that start at once keep two cores busy for a while */
const startMsMax = 75_000

/** Has an encoder play all pieces to a mount that somebody listens to as soon as it is there. */
export async function perform(
  encoder: Encoder,
  server: { port: number; url: string },
  mount: string,
  pieces: Pieces,
): Promise<Performance> {
  const port = await freePortBlock(2)
  const tap = await openTap(port, server.port, encoder.isShoutcast)
  const program = encoder.start({ port, mount }, pieces)
  try {
    const url = new URL(mount, server.url).href
    const listener = await listenWhenServed(url, { icy: true }, startMsMax)
    if (encoder.titles === 'by others') await setTitles(tap, mount, pieces)
    await eventually(() => listener.isClosed, { withinMs: pieces.seconds * 1000 + 60_000, everyMs: 100 })
    const { titles, stream } = tap
    return { encoder, sent: stream(), titles: titles(), listener }
  } catch (problem) {
    throw new Error(`${encoder.name} at ${mount}: ${program.output()}\n${tap.heads().join('\n')}`, {
      cause: problem,
    })
  } finally {
    await program.stop()
    tap.close()
  }
}

/** bytes that an encoder at 128 kbit/s sends in a piece, about */
const pieceBytes = 80_000

/** Sets a title for each piece, once as much has been sent as the pieces before it have. */
async function setTitles(tap: Tap, mount: string, { titles }: Pieces): Promise<void> {
  for (const [i, title] of titles.entries()) {
    await eventually(() => tap.stream().length >= i * pieceBytes, { everyMs: 50 })
    await setTitle(`http://127.0.0.1:${tap.port}${mount}`, secrets.source, title)
  }
}

/** bytes that may be missing at the end: a frame that was not whole, or that another did not follow */
const lastFrameBytesMax = 2000

/** Expects that a listener heard what was sent byte for byte, to the end; returns at which byte of it that begins. */
export function expectWhole({ encoder, sent, listener }: Performance): number {
  const heard = Buffer.from(listener.audio())
  if (encoder.kind === 'container') {
    expectSameStream(sent, heard)
    expect(sent.length - heard.length).toBe(0)
    return 0
  }
  const skipped = encoder.contentType === 'audio/mpeg' ? framesOf(heard).skipped : 0
  const from = sent.indexOf(heard.subarray(skipped))
  expect(from, 'what was heard is a stretch of what was sent').toBeGreaterThanOrEqual(0)
  expect(sent.length - from - (heard.length - skipped)).toBeLessThan(lastFrameBytesMax)
  return from - skipped
}

/** Expects that ffmpeg decodes without a complaint what was heard, and that it lasts this long. */
export function expectDecoded({ listener }: Performance, secondsMin: number): void {
  const flags = ['-v', 'warning', '-i', '-', '-ac', '1', '-ar', String(samplesPerSecond), '-f', 's16le', '-']
  const decoding = spawnSync('ffmpeg', flags, { input: listener.audio(), maxBuffer: 100_000_000 })
  expect(decoding.stderr.toString().replaceAll(/^.*Estimating duration from bitrate.*\n/gm, '')).toBe('')
  expect(decoding.stdout.length / 2 / samplesPerSecond).toBeGreaterThan(secondsMin)
}

const samplesPerSecond = 8000

/** bytes of audio that may be on their way when a title is told on another connection: a second and a half of them */
const underWayBytes = 24_000

/**
 * Expects of each title that was sent while somebody listened that it was heard, with the audio that was sent when it was.
 * @param from at which byte of what was sent the listener begins
 */
export function expectTitlesInPlace({ titles, listener }: Performance, from: number): void {
  const metaint = Number(listener.headers.get('icy-metaint'))
  expect(metaint).toBeGreaterThan(0)
  expect(titles.length).toBeGreaterThan(1)
  // on a slow machine it has heard a while before the first title is set
  const heard = listener.titles.filter(({ title }, i) => i > 0 || title !== '')
  expect(heard.map(({ title }) => title)).toEqual(titles.map(({ title }) => title))
  for (const [i, { title, atByte }] of titles.entries()) {
    const place = from + (heard[i]?.atByte ?? 0)
    const late = place - atByte
    expect(late, `${title} was sent at byte ${atByte} and told at byte ${place}`).toBeGreaterThan(
      -underWayBytes,
    )
    expect(late, `${title} was sent at byte ${atByte} and told at byte ${place}`).toBeLessThan(
      metaint + underWayBytes,
    )
  }
}
