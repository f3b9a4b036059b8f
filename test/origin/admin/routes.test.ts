import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { proven } from '../../../origin/http/logins.ts'
import { mountParam, parseParams } from '../../../origin/http/params.ts'
import { utf8Path } from '../../../origin/http/utf8-path.ts'
import { routeOf } from '../../../origin/server/routes.ts'
import { printXml } from '../../../origin/web/xml.ts'
import { escapeMarkup } from '../../../shared/escape-markup.ts'
import { printBasic, sameSecret } from '../../../shared/http/credentials.ts'
import { anyText } from '../../kit/base/any-text.ts'

describe('the parameters of a query', () => {
  test('are decoded: a plus is a space, and of one given twice the last counts', () => {
    expect(parseParams('?song=a+b%2Bc&x=1&x=2&empty=&nothing')).toEqual(
      new Map([
        ['song', 'a b+c'],
        ['x', '2'],
        ['empty', ''],
      ]),
    )
  })

  test.each([
    ['song=R%c3%b3s', 'Rós'],
    ['song=R%f3s', 'Rós'],
    ['song=R%f3s&charset=ISO-8859-1', 'Rós'],
    ['song=%e9%f3&charset=windows-1251', 'йу'],
    ['song=R%c3%b3s&charset=UTF%2d8', 'Rós'],
    ['song=R%c3%b3s&charset=nobody-knows', 'Rós'],
    ['song=100%&charset=', '100%'],
  ])('%s: the text is in the given charset, else UTF-8, else latin1', (query, song) => {
    expect(parseParams(query).get('song')).toBe(song)
  })

  test('charset applies to titles only, not to mount, command and password', () => {
    const params = parseParams('?mount=/caf%c3%a9.mp3&song=caf%e9&pass=gr%fcn&charset=ISO-8859-1')
    expect(mountParam(params)).toBe('/café.mp3')
    expect(params.get('song')).toBe('café')
    expect(sameSecret(params.get('pass') ?? '', 'grün')).toBe(false)
    expect(sameSecret(parseParams('?pass=gr%c3%bcn&charset=ISO-8859-1').get('pass') ?? '', 'grün')).toBe(true)
    expect(sameSecret(params.get('pass') ?? '', parseParams('?pass=gr%e4n').get('pass') ?? '')).toBe(false)
  })

  test('name a mount after decoding', () => {
    const mountOf = (query: string) => mountParam(parseParams(query))
    expect(mountOf('mount=/live.mp3')).toBe('/live.mp3')
    expect(mountOf('mount=%2flive.mp3')).toBe('/live.mp3')
    expect(mountOf('mount=/r%c3%b3s%20%3f')).toBe('/rós ?')
    for (const query of ['', 'mount=', 'mount=live', 'mount=/a/../b', 'mount=//a', 'mount=/%00'])
      expect(mountOf(query), query).toBeUndefined()
  })

  test('of any kind are read', () => {
    fc.assert(fc.property(anyText(), (query) => void mountParam(parseParams(query))))
  })
})

describe('XML', () => {
  test('is one line after its declaration, with names and attributes', () => {
    expect(printXml(['icestats', [['source', [['title', 'a & <b>']], { mount: '/a"b' }]]])).toBe(
      '<?xml version="1.0"?>\n<icestats><source mount="/a&quot;b"><title>a &amp; &lt;b&gt;</title></source></icestats>\n',
    )
  })

  test('contains no byte that is invalid in XML', () =>
    expect(escapeMarkup('a\0\x1b[31mb\n')).toBe('a[31mb\n'))
})

describe('credentials', () => {
  const accounts = {
    relayUser: 'relay',
    relayPassword: 'r',
    adminUser: 'boss',
    adminPassword: 'a',
  }
  const who = (user: string, password: string) => proven(accounts, printBasic({ user, password }))

  test('prove one role each', () => {
    expect(who('boss', 'a')).toEqual({ relay: false, admin: true })
    expect(who('relay', 'r')).toEqual({ relay: true, admin: false })
    for (const [user, password] of [
      ['boss', 'r'],
      ['relay', 'a'],
      ['source', 'a'],
    ] as const)
      expect(who(user, password)).toEqual({ relay: false, admin: false })
  })

  test('S12: prove the same with one NUL at their end, as Icecast 2.5.0 sends them', () => {
    expect(who('relay', 'r\0')).toEqual({ relay: true, admin: false })
    expect(who('boss', 'a\0')).toEqual({ relay: false, admin: true })
    expect(who('relay', 'r\0\0')).toEqual({ relay: false, admin: false })
  })

  test('of an account without a password prove nothing', () => {
    const off = { ...accounts, adminPassword: undefined }
    for (const password of ['', 'undefined', 'a'])
      expect(proven(off, printBasic({ user: 'boss', password })).admin).toBe(false)
    expect(proven(accounts, undefined)).toEqual({ relay: false, admin: false })
  })
})

describe('a path that is not UTF-8', () => {
  test.each([
    ['/caf%E9.mp3', '/caf%C3%A9.mp3'],
    ['/caf%C3%A9.mp3', '/caf%C3%A9.mp3'],
    ['/%FF%C3', '/%C3%BF%C3%83'],
    ['/100%', '/100%'],
  ])('%s is %s', (path, same) => {
    expect(utf8Path(path)).toBe(same)
  })
})

describe('the route of a request', () => {
  const to = (method: string, path: string, isLive = false) =>
    routeOf({ method, path, query: '', version: '1.1', headers: new Map() }, () => isLive).to

  test('GET / is the mount while a source feeds it, else the page', () => {
    expect([to('GET', '/', true), to('HEAD', '/', true), to('GET', '/')]).toEqual([
      'listener',
      'listener',
      'app',
    ])
  })

  test.each([
    ['GET', '/live.mp3', 'listener'],
    ['HEAD', '/live.mp3', 'listener'],
    ['PUT', '/live.mp3', 'source'],
    ['SOURCE', '/live.mp3', 'source'],
    ['POST', '/live.mp3', 'source'],
    ['OPTIONS', '*', 'preflight'],
    ['OPTIONS', '/admin/stats', 'preflight'],
    ['STATS', '/', 'stats'],
    ['GET', '/metrics', 'app'],
    ['POST', '/admin/sourcelist.txt', 'app'],
    ['PUT', '/admin/x', 'reserved'],
    ['SOURCE', '/admin.cgi', 'reserved'],
    ['SOURCE', '/status.xsl', 'reserved'],
    ['PUT', '/hls/live.mp3', 'reserved'],
    ['POST', '/metrics', 'reserved'],
    ['PUT', '/now', 'reserved'],
    ['PUT', '/a//b', 'reserved'],
    ['SOURCE', '/a%2Fb', 'reserved'],
    ['POST', '/admin/metadata', 'app'],
    ['SOURCE', '/', 'source'],
    ['PUT', '/healthz.mp3', 'source'],
    ['GET', '/admin', 'app'],
    ['GET', '/administrator.mp3', 'listener'],
    ['GET', '/status-json.xsl', 'app'],
    ['GET', '/', 'app'],
    ['POST', '/admin.cgi', 'titles'],
    ['GET', '/a//b', 'refusal'],
    ['BREW', '/live.mp3', 'refusal'],
  ])('%s %s leads to the %s', (method, path, way) => expect(to(method, path)).toBe(way))

  test('leads to a playlist only if no stream has that name', () => {
    for (const kind of ['m3u', 'pls', 'xspf', 'vclt']) {
      expect(to('GET', `/live.mp3.${kind}`)).toBe('playlist')
      expect(to('GET', `/live.mp3.${kind}`, true)).toBe('listener')
    }
  })
})
