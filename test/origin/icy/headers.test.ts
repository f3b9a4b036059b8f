import { describe, expect, test } from 'vitest'
import { cleanInfo } from '../../../origin/icy/clean.ts'
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

  test('a bitrate of more digits than a number holds is none', () => {
    const bitrateOf = (value: string) => streamInfo(new Map([['ice-bitrate', value]])).bitrate
    expect([bitrateOf('128'), bitrateOf('9'.repeat(17)), bitrateOf('9'.repeat(400))]).toEqual([
      128,
      undefined,
      undefined,
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

describe('what a feed says of its stream', () => {
  const latin1 = (text: string) => Buffer.from(text).toString('latin1')
  test('has no control codes, and keeps the byte A0 at its end, which is a part of à and Р in UTF-8', () => {
    const headers = new Map([['ice-name', latin1('\u0001 Voilà')]])
    const { headers: clean } = cleanInfo({ contentType: 'audio/mpeg', headers })
    expect(streamInfo(clean).name).toBe('Voilà')
  })

  test('has no numbers of metadata and no secret for listeners, by icy names or ice names', () => {
    const names = ['metaint', 'metadata', 'password'].flatMap((name) => [`ice-${name}`, `icy-${name}`])
    expect(listenerHeaders(new Map(names.map((name) => [name, '8192'])))).toEqual([])
  })
})
