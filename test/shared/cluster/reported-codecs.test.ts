import { expect, test } from 'vitest'
import { codecsReported, unusualCodecsOf } from '../../../shared/cluster/reported-codecs.ts'

test.each([
  ['mp3', { samplerate: 44_100, layer: 3 }, undefined],
  ['mp3', { samplerate: 22_050, layer: 3 }, undefined],
  ['mp3', { samplerate: 48_000, layer: 2 }, 'mp4a.40.33'],
  ['mp3', { samplerate: 32_000, layer: 1 }, 'mp4a.40.32'],
  ['mp3', undefined, undefined],
  ['aac', { samplerate: 44_100 }, undefined],
  ['aac', { samplerate: 24_000 }, 'mp4a.40.5'],
  ['aac', undefined, undefined],
  ['opus', { samplerate: 48_000 }, undefined],
  ['flac', { samplerate: 8000 }, undefined],
] as const)('the unusual codec of %s frames with %o is %s', (kind, facts, codecs) => {
  expect(unusualCodecsOf(kind, facts)).toBe(codecs)
})

test.each([
  ['mp3', 'audio/mpeg', 44_100, 'mp4a.40.34'],
  ['mp3', 'audio/mpeg; codecs=mp4a.40.33', 48_000, 'mp4a.40.33'],
  ['aac', 'audio/aac; codecs="mp4a.40.5"', 44_100, 'mp4a.40.5'],
  ['aac', 'audio/aacp', 22_050, 'mp4a.40.5'],
  ['aac', 'audio/aac;codecs=mp4a.40.2', 22_050, 'mp4a.40.2'],
  ['aac', 'audio/aac; codecs=x,EVIL="y', undefined, 'mp4a.40.2'],
  ['aac', 'audio/aac; codecs=xmp4a.40.5', 44_100, 'mp4a.40.2'],
  ['aac', 'audio/aac; codecs=mp4a.40.5,x', 44_100, 'mp4a.40.2'],
  ['opus', 'audio/ogg; codecs=opus', 48_000, 'opus'],
] as const)('CODECS of %s that is reported as %s of %s Hz is %s', (kind, contentType, samplerate, codecs) => {
  expect(codecsReported(kind, contentType, samplerate)).toBe(codecs)
})
