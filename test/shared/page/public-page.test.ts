import { createHash } from 'node:crypto'
import { html } from 'hono/html'
import { describe, expect, test } from 'vitest'
import { playingIn } from '../../../shared/page/browser/playing.ts'
import { pagePolicy, printPage } from '../../../shared/page/layout.ts'
import { livePage } from '../../../shared/page/live-page.made.ts'
import { formatName, type MountCard, mountCards } from '../../../shared/page/mount-card.ts'
import { style } from '../../../shared/page/style.made.ts'
import { mountOf } from '../../kit/parts/reports.ts'

test('the state of streams is read from an edge and from stats of Icecast, by their path', () => {
  const at = 'http://edge.example/'
  const edge = [
    { url: '/a.mp3', artist: 'A', title: 'One', listeners: 3, listener_peak: 5 },
    { url: 'http://x/b' },
  ]
  expect([...playingIn(edge, at)]).toEqual([
    ['/a.mp3', { now: 'A - One', listeners: 3, peak: 5 }],
    ['/b', { now: '', listeners: 0, peak: undefined }],
  ])
  const source = { listenurl: 'http://master:8000/a.mp3', title: 1979 }
  const read = { now: '1979', listeners: 0, peak: undefined }
  expect([...playingIn({ icestats: { source } }, at)]).toEqual([['/a.mp3', read]])
  expect([...playingIn({ icestats: { source: [source] } }, at)]).toEqual([['/a.mp3', read]])
  expect(playingIn({ icestats: {} }, at).size).toBe(0)
})

describe('the card of a mount', () => {
  const card: MountCard = {
    mount: mountOf('/a%20b.mp3'),
    name: 'Radio <1>',
    now: 'A - One',
    description: 'all day',
    facts: ['Jazz', 'MP3'],
    listeners: 1234,
    peak: 5678,
    playlists: ['m3u'],
    site: 'https://radio.example',
  }
  const shown = (...cards: MountCard[]) =>
    String(
      mountCards(cards, { from: '/now', everyMs: 5000, none: cards.length > 0 ? '' : 'nothing is on air' }),
    )

  test('has the path of the mount, its texts and its counts', () => {
    const text = shown(card)
    expect(text).toMatch(
      /^<main data-from="\/now" data-every="5000"><article class="mount" data-mount="\/a%20b\.mp3">/,
    )
    expect(text).toContain('Radio &lt;1&gt;')
    expect(text).toContain('<bdi>Jazz</bdi> · <bdi>MP3</bdi>')
    expect(text).toContain('<dt>listening</dt><dd data-stat="listeners">1,234</dd>')
    expect(text).toContain('<dt>peak</dt><dd data-stat="listener_peak">5,678</dd>')
    expect(text).toContain('<p class="none" hidden></p>')
    expect(shown()).toContain('<p class="none">nothing is on air</p>')
  })

  test('links to its player first, to playlists, and to a site only if that is a page', () => {
    const links = (over: Partial<MountCard>) =>
      [...shown({ ...card, ...over }).matchAll(/<a href="([^"]*)">([^<]*)/g)].map(([, href, text]) => [
        href,
        text,
      ])
    expect(links({ player: '/hls/a/player' })).toEqual([
      ['/hls/a/player', 'Player'],
      ['/a%20b.mp3.m3u', 'M3U'],
      ['https://radio.example', 'Website'],
    ])
    for (const site of [undefined, 'javascript:alert(1)', 'see https://radio.example'])
      expect(links({ site, playlists: [] })).toEqual([])
    expect(links({ site: 'HTTP://radio.example', playlists: [] })).toHaveLength(1)
  })
})

test('a format has its common name', () => {
  const types = [
    'audio/mpeg',
    'audio/mp3; charset=x',
    'AUDIO/AACP ',
    'application/ogg',
    'audio/x-ogg',
    'video/webm',
    'audio/flac',
    '',
  ]
  expect(types.map(formatName)).toEqual(['MP3', 'MP3', 'AAC', 'Ogg', 'Ogg', 'WebM', 'audio/flac', ''])
  const others = [
    'audio/mpeg4-generic',
    'x-audio/mpeg',
    'audio/aac-adts',
    'x-audio/aac',
    'audio/oggs',
    'audio/webma',
  ]
  expect(others.map(formatName)).toEqual(others)
})

test('a page has a script only if it follows a state', () => {
  const page = { title: 'T <1>', links: [['/a', 'A']] as const, body: html`<main></main>`, footer: 'foot' }
  const still = String(printPage(page))
  expect(still).toContain('<title>T &lt;1&gt;</title>')
  expect(still).toContain('<nav><a href="/a">A</a></nav>')
  expect(still).toContain('<footer>foot</footer>')
  expect(still).not.toContain('<script>')
  const icon = /<link rel="icon" href="data:image\/svg\+xml,([^"]+)">/.exec(still)?.[1] ?? ''
  expect(decodeURIComponent(icon)).toMatch(/^<svg [^>]*stroke="#[0-9a-f]{6}"[^>]*>.*<\/svg>$/)
  expect(String(printPage({ ...page, live: true }))).toContain('<script>')
})

test('a page loads audio from anywhere, and runs and shows nothing but its own script and style', () => {
  const policy = Object.fromEntries(
    pagePolicy("'self'")
      .split('; ')
      .map((rule) => rule.split(/ (.*)/s, 2)),
  )
  expect(policy).toEqual({
    'default-src': "'none'",
    'style-src': `'${style.hash}'`,
    'script-src': `'${livePage.hash}'`,
    'connect-src': "'self'",
    'img-src': 'data:',
    'media-src': '*',
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  })
  expect(pagePolicy("'none'")).toContain("form-action 'none'")
  for (const { text, hash } of [style, livePage])
    expect(hash).toBe(`sha256-${createHash('sha256').update(text).digest('base64')}`)
})
