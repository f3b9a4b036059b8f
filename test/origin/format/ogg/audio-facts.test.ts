import { describe, expect, test } from 'vitest'
import { flacFacts, opusFacts, vorbisFacts } from '../../../../origin/format/ogg/audio-facts.ts'
import { OggFramer } from '../../../../origin/format/ogg/ogg-framer.ts'
import { fixture } from '../../../kit/process/fixtures.ts'

const factsOf = (...streams: readonly Uint8Array[]) => {
  const framer = new OggFramer()
  for (const stream of streams) framer.push(stream)
  return framer.take().headers?.map(({ facts }) => facts)
}

describe('facts in an Ogg header', () => {
  const comments = { artist: 'Ä', title: 'Ünder' }

  test.for([
    ['opus.ogg', { subtype: 'Opus', channels: 1, samplerate: 48_000 }],
    ['vorbis.ogg', { subtype: 'Vorbis', channels: 1, samplerate: 48_000, bitrate: 48_000 }],
    ['flac.ogg', { subtype: 'FLAC', channels: 1, samplerate: 48_000, flacVersion: '1.0' }],
  ] as const)('%s: codec and audio parameters, artist and title separately', ([name, audio]) => {
    expect(factsOf(fixture(name))).toEqual([{ ...audio, ...comments }])
  })

  test('of several streams names the codec of each', () => {
    expect(factsOf(fixture('theora.ogv'))?.[0]).toMatchObject({ subtype: 'Theora/Vorbis', ...comments })
  })

  test('are valid for their own link of a chain', () => {
    const facts = factsOf(fixture('opus.ogg'), fixture('vorbis.ogg'))
    expect(facts?.map((each) => each?.subtype)).toEqual(['Opus', 'Vorbis'])
  })

  test('after new comments come from them, and the old artist is gone', () => {
    const framer = new OggFramer()
    framer.push(fixture('vorbis.ogg'))
    expect(framer.retitle([['TITLE', 'Neu']])).toBe(true)
    framer.push(fixture('vorbis.ogg').subarray(3542)) // more pages of the same stream
    const { facts } = framer.take().headers?.at(-1) ?? {}
    expect(facts).toMatchObject({ subtype: 'Vorbis', title: 'Neu' })
    expect(facts?.artist).toBeUndefined()
  })

  test('of a truncated header are left out', () => {
    const short = new Uint8Array(8)
    for (const read of [vorbisFacts, opusFacts, flacFacts]) expect(read(short)).toEqual({})
  })
})
