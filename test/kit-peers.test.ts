import { describe, expect, test } from 'vitest'
import { numberedFrame } from './kit/audio/numbered-frames.ts'
import { linksOf, stretchesOf, taggedFile, taggedFrame, taggedOgg } from './kit/audio/tagged.ts'
import { expectTitlesInPlace, expectWhole, type Performance } from './kit/cluster/performance.ts'
import { encoders } from './kit/peers/encoders.ts'
import type { Listener } from './kit/wire/listener.ts'
import { payloadOf, titleAskedBy } from './kit/wire/tap.ts'

const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))
const encoder = (name: string) => {
  const found = encoders.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no encoder ${name}`)
  return found
}

describe('what a listener heard, beside what an encoder sent', () => {
  const sent = frames(0, 200)
  const performance = (heard: Uint8Array, titlesHeard: Listener['titles'] = []): Performance => ({
    encoder: encoder('ezstream, MP3 by SOURCE or PUT'),
    sent,
    titles: [
      { title: 'One', atByte: 20_000 },
      { title: 'Two', atByte: 60_000 },
    ],
    listener: {
      url: 'http://x/live',
      status: 200,
      headers: new Map([['icy-metaint', '16000']]),
      bytesHeard: heard.length,
      audio: () => heard,
      titles: titlesHeard,
      isClosed: true,
      resume() {},
      close() {},
    },
  })

  test('is whole from the first frame that it has to the last', () => {
    expect(expectWhole(performance(sent))).toBe(0)
    expect(expectWhole(performance(sent.subarray(numberedFrame(0).length)))).toBe(numberedFrame(0).length)
  })

  test.for([
    ['a frame is missing', Buffer.concat([frames(0, 100), frames(101, 99)])],
    [
      'a byte is another',
      Buffer.concat([frames(0, 100), Buffer.of(1), sent.subarray(frames(0, 100).length + 1)]),
    ],
    ['the last second is missing', frames(0, 160)],
  ] as const)('is not whole where %s', ([, heard]) => {
    expect(() => expectWhole(performance(heard))).toThrow()
  })

  test('has its titles in place where each comes within an interval of what was sent with it', () => {
    const told = (...places: number[]) =>
      performance(
        sent,
        places.map((atByte, i) => ({ atByte, title: ['One', 'Two'][i] ?? '' })),
      )
    expectTitlesInPlace(told(32_000, 64_000), 0)
    for (const wrong of [told(32_000, 112_000), told(32_000, 16_000), told(32_000)])
      expect(() => expectTitlesInPlace(wrong, 0)).toThrow()
  })
})

describe('what a tap makes of what passes', () => {
  const stream = frames(0, 50)
  const head = 'PUT /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n'

  test.for([
    ['a head', `${head}`],
    ['a probe and a head', `${head}${head}`],
    ['lines of Shoutcast', 'secret\nicy-name:x\n\n'],
  ] as const)('the stream lies behind %s', ([, before]) => {
    expect(payloadOf(Buffer.concat([Buffer.from(before), stream]))).toEqual(stream)
  })

  test('chunks are taken apart', () => {
    const chunks = [stream.subarray(0, 10), stream.subarray(10)].flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ])
    const chunkedHead = Buffer.from('PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(payloadOf(Buffer.concat([chunkedHead, ...chunks]))).toEqual(stream)
  })

  test.for([
    ['GET /admin/metadata?mode=updinfo&song=A%20B HTTP/1.0\r\nAuthorization: Basic x\r\n\r\n', 'A B'],
    ['GET /admin.cgi?mode=updinfo&pass=p&song=A%20B HTTP/1.1\r\n\r\n', 'A B'],
    ['POST /admin/metadata HTTP/1.1\r\nAuthorization: Basic x\r\n\r\nmode=updinfo&song=A%20B', 'A B'],
    ['GET /admin/metadata?mode=updinfo&song=A%20B HTTP/1.0\r\n\r\n', undefined],
    ['PUT /x HTTP/1.1\r\nAuthorization: Basic x\r\n\r\n', undefined],
  ] as const)('%j asks for the title %s', ([request, title]) => {
    expect(titleAskedBy(request)).toBe(title)
  })
})

describe('streams whose bytes say who made them', () => {
  test('are told apart, with gaps and with bytes that are not a frame', () => {
    const heard = Buffer.concat([
      taggedFrame('live', 7).subarray(100),
      taggedFrame('live', 8),
      taggedFrame('live', 9),
      taggedFrame('live', 11),
      taggedFile('backup', 2),
    ])
    expect(stretchesOf(heard)).toEqual({
      stretches: [
        { tag: 'live', from: 8, frames: 2 },
        { tag: 'live', from: 11, frames: 1 },
        { tag: 'backup', from: 0, frames: 2 },
      ],
      strayBytes: taggedFrame('live', 7).length - 100,
    })
  })

  test('in Ogg say where a link lacks its header pages', () => {
    const live = taggedOgg('live')
    const backup = taggedOgg('backup')
    const heard = [live.at(0), live.at(1), live.at(2), backup.at(2), backup.at(3)]
    expect(linksOf(Buffer.concat(heard))).toEqual(['live', 'backup headless'])
  })
})
