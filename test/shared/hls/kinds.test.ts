import { describe, expect, test } from 'vitest'
import { codecsOf, extensionOf, isPackaged, kindOfType, segmentTypes } from '../../../shared/hls/kinds.ts'

describe('how a mount is packaged', () => {
  test.each([
    ['audio/mpeg', 'mp3'],
    ['audio/mp3', 'mp3'],
    ['audio/x-mpeg', 'mp3'],
    ['audio/mpeg3', 'mp3'],
    ['Audio/MPEG ; charset=utf-8', 'mp3'],
    ['audio/aac', 'aac'],
    ['audio/aacp', 'aac'],
    ['audio/x-aac', 'aac'],
    ['audio/flac', 'flac'],
    ['audio/ogg; codecs=opus', 'opus'],
    ['application/ogg;charset=x; CODECS=" FLAC "', 'flac'],
    ['audio/ogg', undefined],
    ['audio/ogg; codecs=vorbis', undefined],
    ['audio/ogg; codecs="opus, flac"', undefined],
    ['audio/ogg; name=opus', undefined],
    ['', undefined],
  ])('%s: %s', (type, kind) => {
    expect(kindOfType(type)).toBe(kind)
    expect(isPackaged(undefined, type)).toBe(kind !== undefined)
  })

  test('is what its master says, whatever the type', () => {
    expect(isPackaged({ hls: 4 }, 'audio/ogg')).toBe(true)
    expect(isPackaged({}, 'audio/mpeg')).toBe(false)
  })

  test('decides the names and types of its segments (RFC 8216 §3.3, §3.4)', () => {
    const kinds = ['mp3', 'aac', 'opus', 'flac'] as const
    expect(kinds.map(extensionOf)).toEqual(['mp3', 'aac', 'm4s', 'm4s'])
    expect(segmentTypes).toEqual({ mp3: 'audio/mpeg', aac: 'audio/aac', m4s: 'audio/mp4' })
  })

  test.each([
    ['mp3', {}, 'mp4a.40.34'],
    ['mp3', { layer: 2 }, 'mp4a.40.33'],
    ['mp3', { layer: 1 }, 'mp4a.40.32'],
    ['aac', {}, 'mp4a.40.2'],
    ['aac', { samplerate: 44_100 }, 'mp4a.40.2'],
    ['aac', { samplerate: 24_001 }, 'mp4a.40.2'],
    ['aac', { samplerate: 24_000 }, 'mp4a.40.5'],
    ['opus', { samplerate: 48_000 }, 'opus'],
    ['flac', {}, 'fLaC'],
  ] as const)('%s %j has the codecs %s (RFC 6381)', (kind, facts, codecs) => {
    expect(codecsOf(kind, facts)).toBe(codecs)
  })
})
