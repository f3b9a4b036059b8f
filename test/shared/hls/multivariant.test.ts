import { describe, expect, test } from 'vitest'
import { bandwidthOf, printMultivariant } from '../../../shared/hls/multivariant.ts'
import { mediaUrl, parseQuery, passedOn } from '../../../shared/hls/urls.ts'
import { mountOf } from '../../kit/parts/reports.ts'

describe('a multivariant playlist', () => {
  const variants = [
    { pathway: 'a', url: 'http://a.example/hls/live.mp3/media.m3u8?s=1' },
    { pathway: 'b', url: 'http://b.example/hls/live.mp3/media.m3u8?s=1' },
  ]

  test('names the same audio at each server, and who steers', () => {
    const asked = { variants, bandwidth: 145_000, codecs: 'mp4a.40.34', steeringUrl: '/s.json?s=1' }
    const stream = 'BANDWIDTH=145000,CODECS="mp4a.40.34"'
    expect(printMultivariant(asked).split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:6',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-CONTENT-STEERING:SERVER-URI="/s.json?s=1",PATHWAY-ID="a"',
      `#EXT-X-STREAM-INF:${stream},PATHWAY-ID="a",STABLE-VARIANT-ID="audio"`,
      variants[0]?.url,
      `#EXT-X-STREAM-INF:${stream},PATHWAY-ID="b",STABLE-VARIANT-ID="audio"`,
      variants[1]?.url,
      '',
    ])
  })

  test('without steering and known codecs names neither', () => {
    const asked = { variants: variants.slice(1), bandwidth: 1000, codecs: undefined, steeringUrl: undefined }
    expect(printMultivariant(asked).split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:6',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-STREAM-INF:BANDWIDTH=1000,PATHWAY-ID="b",STABLE-VARIANT-ID="audio"',
      variants[1]?.url,
      '',
    ])
  })

  test('has the bandwidth of the largest segments: a tenth more than the mean, and titles', () => {
    expect([128, 320, 0].map(bandwidthOf)).toEqual([145_000, 356_000, 145_000])
  })
})

describe('the query of a listener', () => {
  test('reaches the server without what is ours or the player’s', () => {
    expect(passedOn('?token=a+b&x=1&s=2&p=3&CMCD=4&_HLS_msn=5&xs=6&sx=7&CMCDx=8')).toEqual({
      token: 'a b',
      xs: '6',
      sx: '7',
      CMCDx: '8',
    })
    expect(passedOn('')).toEqual({})
  })

  test('has the first value of a name that comes twice', () => {
    expect({ ...parseQuery('?a=1&a=2&b=&b=3') }).toEqual({ a: '1', b: '' })
  })

  test('is added to the media playlist, which may lie below a path of a proxy', () => {
    const url = mediaUrl('https://proxy.example/radio/live.mp3', mountOf('/live.mp3'), { s: '1', t: 'a&b' })
    expect(url).toBe('https://proxy.example/radio/hls/live.mp3/media.m3u8?s=1&t=a%26b')
  })
})
