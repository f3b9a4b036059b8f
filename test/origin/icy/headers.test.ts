import { describe, expect, test } from 'vitest'
import { asksForMetadata, listenerHeaders, streamInfo } from '../../../origin/icy/headers.ts'

test.each([
  ['1', true],
  ['1, 1', true],
  ['0,1', true],
  ['0', false],
  ['', false],
  ['yes', false],
  [undefined, false],
])('Icy-MetaData: %s asks for metadata: %s', (value, asks) => {
  expect(asksForMetadata(value)).toBe(asks)
})

describe("a source's stream headers", () => {
  const headers = new Map([
    ['ice-name', 'My Name'],
    ['ice-public', '0'],
    ['ice-audio-info', 'ice-samplerate=44100;ice-bitrate=128;ice-channels=2'],
    ['ice-password', 'secret'],
    ['icy-metaint', '8192'],
    ['icy-genre', 'rock'],
    ['content-type', 'audio/mpeg'],
  ])

  test('are sent to listeners under icy names, in order, without its secrets', () => {
    expect(listenerHeaders(headers)).toEqual([
      ['ice-audio-info', 'ice-samplerate=44100;ice-bitrate=128;ice-channels=2'],
      ['icy-br', '128'],
      ['icy-genre', 'rock'],
      ['icy-name', 'My Name'],
      ['icy-pub', '0'],
    ])
  })

  test('appear in the stats', () => {
    expect(streamInfo(headers)).toMatchObject({
      name: 'My Name',
      genre: 'rock',
      bitrate: 128,
      url: undefined,
    })
    expect(streamInfo(new Map([['ice-name', 'caf\xc3\xa9']])).name).toBe('café')
    expect(streamInfo(new Map([['ice-name', 'caf\xe9']])).name).toBe('café')
  })
})
