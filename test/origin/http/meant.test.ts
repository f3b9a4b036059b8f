import { describe, expect, test } from 'vitest'
import { notMeant } from '../../../origin/http/meant.ts'
import { originInMemory } from '../../kit/parts/origin-app.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const host = { host: 'radio.example:8000' }
/** Headers that every browser sends, whatever the page. */
const browser = { ...host, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)', 'accept-language': 'en' }
const ask = (method: string, headers: Record<string, string>, own: string[] = []) =>
  notMeant({ method, headers: new Headers(headers) }, own)

describe('a change at the admin', () => {
  test.each([
    ['curl', 'GET', { ...host, 'user-agent': 'curl/8' }],
    ['an encoder that calls itself compatible', 'GET', { ...host, 'user-agent': 'x (Mozilla compatible)' }],
    ['a program in Node', 'GET', { ...host, 'user-agent': 'node', 'accept-language': '*' }],
    ['a script that posts', 'POST', host],
    ['a form of our own page', 'POST', { ...browser, origin: 'http://radio.example:8000' }],
    [
      'a form behind a proxy',
      'POST',
      { ...browser, host: '10.0.0.1:8000', 'x-forwarded-host': 'fm.example', origin: 'https://fm.example' },
    ],
    ['an address that was typed in, over https', 'GET', { ...browser, 'sec-fetch-site': 'none' }],
  ])('is accepted from %s', (_, method, headers) => expect(ask(method, headers)).toBeUndefined())

  test('is accepted from a form of a page at a public URL, behind a proxy that changes Host', () => {
    const headers = { ...browser, host: '10.0.0.1:8000', origin: 'https://fm.example' }
    expect(ask('POST', headers, ['fm.example'])).toBeUndefined()
    expect(ask('POST', headers)).toBeDefined()
  })

  test.each([
    ['a form of another site', 'POST', { ...browser, origin: 'http://evil.example' }],
    ['a form of another port', 'POST', { ...browser, origin: 'http://radio.example:8080' }],
    ['a form of a page that hides where it is', 'POST', { ...browser, origin: 'null' }],
    ['a picture of another site', 'GET', { ...browser, referer: 'http://evil.example/page' }],
    ['a picture of a page that hides where it is', 'GET', browser],
    ['a fetch that says it speaks every language', 'GET', { ...browser, 'accept-language': '*' }],
    ['anything with a cookie', 'GET', { ...host, cookie: 'a=b' }],
    ['a page that the browser calls another site', 'POST', { ...browser, 'sec-fetch-site': 'cross-site' }],
  ])('is rejected from %s', (_, method, headers) => expect(ask(method, headers)).toBeDefined())

  const evil = { headers: { ...browser, referer: 'http://evil.example/' } }

  test.each([
    'killsource?mount=/live.mp3',
    'killclient?mount=/live.mp3&id=1',
    'moveclients?mount=/live.mp3&destination=/backup.mp3',
    'metadata?mount=/live.mp3&mode=updinfo&song=x',
    'fallbacks?mount=/live.mp3&fallback=/backup.mp3',
    'manageauth?mount=/live.mp3&action=delete&username=bob',
    'drain',
    'undrain',
  ])('by %s is rejected from a page of another site, however it is written', async (call) => {
    const { ask: get, open, state } = originInMemory()
    open('/live.mp3')
    open('/backup.mp3')
    for (const suffix of ['', '.xsl', '.json'])
      expect((await get(`/admin/${call.replace(/(?=\?|$)/, suffix)}`, 'admin:a', evil)).status).toBe(403)
    expect(state.mounts.get(mountOf('/live.mp3'))).toBeDefined()
    expect(state.drain.active).toBe(false)
  })

  test('is not a page that is only viewed: links and typed addresses show it', async () => {
    const { ask: get, open } = originInMemory()
    open('/live.mp3')
    open('/backup.mp3')
    for (const path of ['moveclients.xsl?mount=/live.mp3', 'listclients.xsl?mount=/live.mp3', 'stats.xsl'])
      expect((await get(`/admin/${path}`, 'admin:a', { headers: browser })).status, path).toBe(200)
  })
})
