import { deepStrictEqual } from 'node:assert/strict'
import { headerLength, isContainer } from '../../../../origin/format/formats.ts'
import { scan } from '../../../../origin/relay/seam/scan.ts'
import { seamAt } from '../../../../origin/relay/seam/seam.ts'
import { cutInto } from '../../../kit/audio/framing.ts'
import { noise } from '../../../kit/base/noise.ts'
import type { Target } from '../target.ts'

/** bytes that stand once in a stream: more than two streams have to agree in */
const uniqueBytes = 1200
const unique = [1, 2, 3].map((seed) => noise(uniqueBytes, seed))
/** sizes of pieces; a burst is long, and byte by byte would take most of the time */
const cuts = [[97], [1, 1400, 2]] as const
const types = ['audio/mpeg', 'audio/aac', 'application/ogg', 'video/webm'] as const

/** What an input says: the format, the stream, where the old connection ended in it, where the new one begins, and how many zeros it begins with. */
function storyOf(input: Uint8Array) {
  const [which = 0, end = 0, begin = 0, zeros = 0] = input
  const type = types[which % types.length] ?? types[0]
  const body = input.subarray(4)
  const header = isContainer(type) ? body.subarray(0, headerLength(type, body) ?? 0) : body.subarray(0, 0)
  const rest = body.subarray(header.length)
  const [before, between, after] = unique.map((part) => Buffer.from(part))
  const audio = Buffer.concat([before, rest, between, rest, after].filter((part) => part !== undefined))
  const endAt = Math.round((end / 255) * audio.length)
  const beginAt = Math.round((begin / 255) * endAt)
  const burst = Uint8Array.from(Buffer.concat([header, audio.subarray(beginAt)]))
  if (header.length === 0) burst.fill(0, 0, zeros)
  return { type, header, audio, endAt, beginAt, zeros, burst }
}

type Story = ReturnType<typeof storyOf>

/** What a mount that has the old connection's bytes is passed of the new one's. */
function joinedBy({ type, header, audio, endAt }: Story, pieces: readonly Uint8Array[]) {
  const passed: Uint8Array[] = []
  let breaks = 0
  const tail = audio.subarray(0, endAt)
  const seam = seamAt({ header, tail: () => tail, format: type }, { breakOff: () => void breaks++ }, type, {
    audio: (bytes) => passed.push(bytes),
    metadata: () => {},
  })
  for (const piece of pieces) seam.audio(piece)
  if (!seam.settle()) seam.goOn()
  return { bytes: Buffer.concat(passed), breaks }
}

/** Whether the two connections share bytes that stand nowhere else: then they join at one offset alone. */
const shareNoise = ({ audio, endAt, beginAt, zeros }: Story): boolean =>
  [0, (audio.length - uniqueBytes) / 2, audio.length - uniqueBytes].some(
    (at) => beginAt + zeros <= at && at + uniqueBytes <= endAt,
  )

export const seam: Target = {
  name: 'seam',
  about: "a relay's new connection, joined to its mount: the same however cut; what both have is heard once",
  files: 'origin/relay/seam/',
  tokens: ['OggS\0\u0002', '\0\0\0\0', 'ID3\u0004', 'TAG'],
  // how often a burst is searched depends on what is found: the search is what has to be linear
  read: (input) => void scan(input.subarray(0, input.length / 2), input),
  check(input) {
    const story = storyOf(input)
    const read = (pieces: readonly Uint8Array[]) => joinedBy(story, pieces)
    const whole = read([story.burst])
    for (const sizes of cuts)
      deepStrictEqual(read(cutInto(story.burst, ...sizes)), whole, `read otherwise in pieces of ${sizes}`)
    const { bytes } = whole
    const end = Buffer.from(story.burst.subarray(story.burst.length - bytes.length))
    deepStrictEqual(bytes, end, 'what is passed on is not the end of the burst')
    if (!isContainer(story.type) && shareNoise(story))
      deepStrictEqual(bytes, story.audio.subarray(story.endAt), 'they join at another byte')
  },
}
