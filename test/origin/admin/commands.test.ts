import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printDuration } from '../../../origin/admin/pages/listeners.ts'
import { parseAdminPath } from '../../../origin/admin/routes.ts'
import { anyText } from '../../kit/base/any-text.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { originInMemory } from '../../kit/parts/origin-app.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { testFolder } from '../../kit/process/files.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const admin = 'admin:a'
const source = 'source:s'
const html = (text: string, status = 400) =>
  `<html><head><title>Error ${status}</title></head><body><b>${status} - ${text}</b></body></html>\r\n`
const xml = (inside: string) => `<?xml version="1.0"?>\n${inside}\n`
const done = (message: string, code: 0 | 1 = 1) =>
  xml(`<iceresponse><message>${message}</message><return>${code}</return></iceresponse>`)
const live = mountOf('/live.mp3')

/** A server with a source on /live.mp3 and on /backup.mp3, and a listener of the first. */
function playing(elements = '') {
  const origin = originInMemory(elements)
  origin.open('/live.mp3')
  origin.open('/backup.mp3')
  const wire = new FakeWire()
  const info = { address: '192.0.2.1', userAgent: 'pl/1', connectedAtMs: 0, isRelay: false }
  origin.state.mounts.get(live)?.join(wire, new Uint8Array(), info, false)
  const text = async (path: string, login = admin, init?: RequestInit) =>
    (await origin.ask(path, login, init)).text()
  return { ...origin, wire, text }
}

describe('a path below /admin/', () => {
  test.each([
    ['/admin/stats', { name: 'stats', as: 'xml' }],
    ['/admin/stats.xml', { name: 'stats', as: 'xml' }],
    ['/admin/listclients.xsl', { name: 'listclients', as: 'html' }],
    ['/admin/listclients.json', { name: 'listclients', as: 'json' }],
    ['/admin/a/b', undefined],
    ['/admin/stats.txt', undefined],
  ] as const)('%s names a command and a format', (path, target) => {
    expect(parseAdminPath(path, undefined)).toEqual(target)
  })

  test('/admin/ is the home page for a browser, and the stats for scripts', () => {
    expect(parseAdminPath('/admin/', 'text/html,*/*')).toEqual({ name: 'stats', as: 'html' })
    for (const accept of ['*/*', undefined])
      expect(parseAdminPath('/admin/', accept)).toEqual({ name: 'stats', as: 'xml' })
  })
})

describe('the answer of Icecast 2.4 to a command that cannot be executed', () => {
  test.each([
    ['/admin/nosuch', 'Unrecognised command'],
    ['/admin/!POKE', 'Unrecognised command'],
    ['/admin/listclients', 'Unknown admin request'],
    ['/admin/listmounts?mount=/live.mp3', 'Mount request unknown'],
    ['/admin/stats?mount=/nope', 'Source does not exist'],
    ['/admin/listclients?mount=/nope', 'Source does not exist'],
    ['/admin/listclients?mount=x', 'Source does not exist'],
    ['/admin/killclient?mount=/live.mp3', 'Missing parameter'],
    ['/admin/metadata?mount=/live.mp3', 'Missing parameter'],
    ['/admin/fallbacks?mount=/live.mp3', 'Missing parameter'],
    ['/admin/manageauth?mount=/live.mp3', 'missing parameter'],
    ['/admin/moveclients?mount=/live.mp3&destination=/nope', 'No such destination'],
    ['/admin/moveclients?mount=/live.mp3&destination=/live.mp3', 'supplied mountpoints are identical'],
  ])('%s: 400 %s', async (path, message) => {
    const answer = await playing().ask(path, admin)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe(html(message))
  })

  test('a relay on demand that does not run is not available', async () => {
    const { ask } = originInMemory('', [mountOf('/later')])
    const answer = await ask('/admin/listclients?mount=/later', admin)
    expect(await answer.text()).toBe(html('Source is not available'))
  })
})

describe('the callers of commands', () => {
  test('need credentials; encoders recognize the text of the answer', async () => {
    for (const login of [undefined, 'admin:x', 'relay:r', source]) {
      const answer = await playing().ask('/admin/stats', login)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Icecast2 Server"')
      expect(await answer.text()).toBe('You need to authenticate\r\n')
    }
  })

  test("a mount's source may call commands for its mount, with the mount's password if it has one", async () => {
    const own =
      '<mount><mount-name>/live.mp3</mount-name><username>dj</username><password>own</password></mount>'
    const { ask } = playing(own)
    const status = async (path: string, login: string) => (await ask(path, login)).status
    expect(await status('/admin/listclients?mount=/backup.mp3', source)).toBe(200)
    expect(await status('/admin/listclients?mount=/live.mp3', source)).toBe(401)
    expect(await status('/admin/listclients?mount=/live.mp3', 'dj:own')).toBe(200)
    expect(await status('/admin/stats?mount=/live.mp3', 'dj:own')).toBe(200)
    expect(await status('/admin/listclients?mount=/backup.mp3', 'dj:own')).toBe(401)
    expect(await status('/admin/drain?mount=/live.mp3', 'dj:own')).toBe(401)
  })

  test('stream lists are for relays and the admin', async () => {
    const { ask } = playing('<mount><mount-name>/backup.mp3</mount-name><hidden>1</hidden></mount>')
    for (const login of ['relay:r', admin])
      expect(await (await ask('/admin/streamlist.txt', login)).text()).toBe('/live.mp3\r\n')
    expect((await ask('/admin/streamlist.txt', source)).status).toBe(401)
  })

  test('are not pages of another site in an admin browser that remembers the password', async () => {
    const { ask, state } = playing()
    const headers = { 'Sec-Fetch-Site': 'cross-site' }
    expect((await ask('/admin/killsource?mount=/live.mp3', admin, { headers })).status).toBe(403)
    expect(state.mounts.get(live)).toBeDefined()
    expect((await ask('/admin/listmounts', admin, { headers })).status).toBe(200)
  })

  test('cannot use HEAD for a command that changes something', async () => {
    const { ask, state } = playing()
    const head = { address: '192.0.2.9', secure: false, base: undefined, head: true }
    expect((await ask('/admin/killsource?mount=/live.mp3', admin, {}, head)).status).toBe(405)
    expect(state.mounts.get(live)).toBeDefined()
    expect((await ask('/admin/listmounts', admin, {}, head)).status).toBe(200)
  })

  test('cannot use buildm3u: we do not make URLs with passwords (docs/icecast.md#passwords-in-urls)', async () => {
    expect((await playing().ask('/admin/buildm3u?mount=/live.mp3&username=a&password=b', admin)).status).toBe(
      403,
    )
  })
})

describe('a command', () => {
  test('listmounts and streamlist: fallback, listeners, authenticator, age and type of each mount', async () => {
    const { text, time } = playing(
      `<mount><mount-name>/live.mp3</mount-name><fallback-mount>/backup.mp3</fallback-mount>
       <authentication type="htpasswd"><option name="filename" value="/nowhere"/></authentication></mount>`,
    )
    await time.pass(3000)
    const expected = xml(
      '<icestats><source mount="/backup.mp3"><fallback></fallback><listeners>0</listeners><Connected>3</Connected><content-type>audio/mpeg</content-type></source>' +
        '<source mount="/live.mp3"><fallback>/backup.mp3</fallback><listeners>1</listeners><authenticator>htpasswd</authenticator><Connected>3</Connected><content-type>audio/mpeg</content-type></source></icestats>',
    )
    for (const name of ['listmounts', 'streamlist']) expect(await text(`/admin/${name}`)).toBe(expected)
  })

  test('listclients lists the listeners, and killclient disconnects one', async () => {
    const { text, wire } = playing()
    expect(await text('/admin/listclients?mount=/live.mp3')).toBe(
      xml(
        '<icestats><source mount="/live.mp3"><Listeners>1</Listeners><listener><IP>192.0.2.1</IP><UserAgent>pl/1</UserAgent><Connected>0</Connected><ID>1</ID></listener></source></icestats>',
      ),
    )
    expect(await text('/admin/killclient?mount=/live.mp3&id=77')).toBe(done('Client 77 not found', 0))
    expect(await text('/admin/killclient?mount=/live.mp3&id=1')).toBe(done('Client 1 removed'))
    expect(wire.destroyed).toBe(true)
  })

  test('listclients has the user names of authenticated listeners', async () => {
    const { text, state } = playing()
    const info = { address: '192.0.2.2', userAgent: undefined, connectedAtMs: 0, isRelay: false, user: 'bob' }
    state.mounts.get(live)?.join(new FakeWire(), new Uint8Array(), info, false)
    expect(await text('/admin/listclients?mount=/live.mp3')).toContain(
      '<IP>192.0.2.2</IP><UserAgent>Unknown</UserAgent><Connected>0</Connected><ID>2</ID><username>bob</username></listener>',
    )
  })

  test('killsource ends the mount', async () => {
    const { text, state } = playing()
    expect(await text('/admin/killsource?mount=/live.mp3', source)).toBe(done('Source Removed'))
    expect(state.mounts.get(live)).toBeUndefined()
  })

  test('moveclients lists the other mounts, and moves', async () => {
    const { text, state } = playing()
    expect(await text('/admin/moveclients?mount=/live.mp3')).toMatch(
      /^<\?xml version="1.0"\?>\n<icestats><current_source>\/live.mp3<\/current_source><source mount="\/backup.mp3">/,
    )
    expect(await text('/admin/moveclients?mount=/live.mp3&destination=/backup.mp3')).toBe(
      done('Clients moved from /live.mp3 to /backup.mp3'),
    )
    expect(state.mounts.get(live)?.listeners).toBe(0)
    expect(state.mounts.get(mountOf('/backup.mp3'))?.listeners).toBe(1)
  })

  test('fallbacks sets where the listeners go, until the configuration is read again', async () => {
    const { text, state, stats } = playing()
    expect(await text('/admin/fallbacks?mount=/live.mp3&fallback=/backup.mp3')).toContain(
      'Fallback configured',
    )
    expect(stats.config.mounts.of(live).fallback?.mount).toBe('/backup.mp3')
    await text('/admin/killsource?mount=/live.mp3')
    expect(state.mounts.get(mountOf('/backup.mp3'))?.listeners).toBe(1)
  })

  test('updatemetadata names only the mount', async () => {
    expect(await playing().text('/admin/updatemetadata?mount=/live.mp3')).toBe(
      xml('<icestats><source mount="/live.mp3"/></icestats>'),
    )
  })

  test('manageauth lists, adds and deletes the users of a password file', async () => {
    const file = join(testFolder(), 'users')
    const { text } = playing(
      `<mount><mount-name>/live.mp3</mount-name><authentication type="htpasswd"><option name="filename" value="${file}"/></authentication></mount>`,
    )
    const call = (query: string) => text(`/admin/manageauth?mount=/live.mp3${query}`)
    const answer = (users: string, message: string) =>
      xml(
        `<icestats><source mount="/live.mp3">${users}</source><iceresponse><message>${message}</message></iceresponse></icestats>`,
      )
    const bob = '<User><username>bob</username></User>'
    const add = '&action=add&username=bob&password=x'
    expect(await call(add)).toBe(answer(bob, 'User added'))
    expect(await call(add)).toBe(answer(bob, 'User already exists - not added'))
    expect(await call('')).toBe(xml(`<icestats><source mount="/live.mp3">${bob}</source></icestats>`))
    expect(await call('&action=add&username=x')).toBe(html('missing parameter'))
    expect(readFileSync(file, 'utf8')).toMatch(/^bob:\S/)
    expect(await call('&action=delete&username=bob')).toContain('User deleted')
    expect(await call('&action=delete&username=bob')).toContain('User deleted')
  })

  test('drain and undrain', async () => {
    const { text, state } = playing()
    await text('/admin/drain')
    expect(state.drain.active).toBe(true)
    await text('/admin/undrain')
    expect(state.drain.active).toBe(false)
  })
})

describe('metadata', () => {
  const ask = (query: string) => `/admin/metadata?mount=/live.mp3&mode=updinfo&${query}`
  const titled = async (query: string, elements = '') => {
    const { text, state } = playing(elements)
    expect(await text(ask(query))).toBe(done('Metadata update successful'))
    return state.mounts.get(live)?.title
  }

  test('an artist with an empty title is the title, and two empty ones are an empty title', async () => {
    const { text, state } = playing()
    const titleOf = async (words: string) => {
      await text(`/admin/metadata?mode=updinfo&mount=/live.mp3&${words}`)
      return state.mounts.get(live)?.title
    }
    expect(await titleOf('song=Before')).toBe('Before')
    expect(await titleOf('artist=Ann&title=')).toBe('Ann')
    expect(await titleOf('artist=&title=T')).toBe('T')
    expect(await titleOf('artist=&title=')).toBe('')
  })

  test('docs/icecast.md#icy-metadata: song overrides artist and title, and an update without any of them changes nothing', async () => {
    const { text, state } = playing()
    const mount = state.mounts.get(live)
    await text(ask('artist=A&title=T'))
    expect(mount?.title).toBe('A - T')
    await text(ask('song=S'))
    expect(mount?.title).toBe('S')
    expect(await text(ask('url=http://u.example/'))).toBe(done('Metadata update successful'))
    expect(mount?.title).toBe('S')
  })

  test("is in the given charset, else the mount's, else UTF-8 if it is valid UTF-8, else latin1", async () => {
    const cyrillic = '<mount><mount-name>/live.mp3</mount-name><charset>windows-1251</charset></mount>'
    expect(await titled('song=%e9%f3', cyrillic)).toBe('йу')
    expect(await titled('song=R%c3%b3s&charset=UTF%2d8', cyrillic)).toBe('Rós')
    expect(await titled('song=R%c3%b3s')).toBe('Rós')
    expect(await titled('song=R%f3s')).toBe('Rós')
  })

  test('Icecast 2.4: from elsewhere than its source with its password alone it is not accepted', async () => {
    const origin = playing()
    origin.open('/far.mp3', {}, { address: '192.0.2.77' })
    const path = '/admin/metadata?mount=/far.mp3&mode=updinfo&song=S'
    expect(await origin.text(path, source)).toBe(done('Mountpoint will not accept URL updates'))
    expect(origin.state.mounts.get(mountOf('/far.mp3'))?.title).toBe('')
    expect(await origin.text(path, admin)).toBe(done('Metadata update successful'))
  })

  test('with another mode is an unknown action', async () => {
    expect(await playing().text('/admin/metadata?mount=/live.mp3&mode=x')).toBe(done('No such action', 0))
  })
})

describe('a form', () => {
  const post = (body: string, type = 'application/x-www-form-urlencoded') => ({
    method: 'POST',
    headers: { 'Content-Type': type },
    body,
  })

  test('Icecast 2.5: contains parameters like a query, up to 4096 bytes', async () => {
    const { text, state } = playing()
    const form = 'mount=%2Flive.mp3&mode=updinfo&song=R%C3%B3s+%26+Co'
    expect(await text('/admin/metadata', admin, post(form))).toBe(done('Metadata update successful'))
    expect(state.mounts.get(live)?.title).toBe('Rós & Co')
  })

  test('that is longer is rejected', async () => {
    const answer = await playing().ask('/admin/metadata', admin, post(`song=${'x'.repeat(4096)}`))
    expect(answer.status).toBe(413)
    const announced = post('')
    const headers = { ...announced.headers, 'Content-Length': '2000000' }
    expect((await playing().ask('/admin/metadata', admin, { ...announced, headers })).status).toBe(413)
  })

  test('of another type is ignored', async () => {
    expect(await playing().text('/admin/listclients', admin, post('mount=/live.mp3', 'text/plain'))).toBe(
      html('Unknown admin request'),
    )
  })
})

test('every command answers every request, and none fails', async () => {
  const names = [
    'stats',
    'listclients',
    'killclient',
    'moveclients',
    'metadata',
    'manageauth',
    'fallbacks',
    'x',
  ]
  const word = fc.oneof(anyText(), fc.constantFrom('/live.mp3', '/backup.mp3', 'updinfo', 'add'))
  const query = fc.dictionary(
    fc.constantFrom('mount', 'id', 'destination', 'mode', 'song', 'charset', 'action', 'username'),
    word,
  )
  const suffix = fc.constantFrom('', '.xsl', '.json', '.xml', '.y')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), suffix, query, async (name, end, params) => {
      const search = Object.entries(params).map(
        ([key, value]) => `${key}=${encodeURIComponent(value.toWellFormed())}`,
      )
      const { status } = await playing().ask(`/admin/${name}${end}?${search.join('&')}`, admin)
      expect([200, 400]).toContain(status)
    }),
    { numRuns: repetitions(300) },
  )
})

describe('the formats of an answer', () => {
  test('JSON: an element that may occur several times is always an array', async () => {
    const { ask } = playing()
    const answer = await ask('/admin/listclients.json?mount=/live.mp3', admin)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual({
      icestats: {
        source: [
          {
            mount: '/live.mp3',
            Listeners: 1,
            listener: [{ IP: '192.0.2.1', UserAgent: 'pl/1', Connected: 0, ID: 1 }],
          },
        ],
      },
    })
    const stats = await (await ask('/admin/stats.json', admin)).json()
    expect(stats).toMatchObject({
      icestats: { sources: 2, source: [{ mount: '/backup.mp3' }, { mount: '/live.mp3' }] },
    })
  })

  test.each(['stats', 'listmounts', 'listclients?', 'moveclients?', 'updatemetadata?', 'metadata?mode=x&'])(
    'a page of %s, in which what comes from outside is text',
    async (command) => {
      const evil = '"><script>alert(1)</script>'
      const { ask, open, state } = playing()
      open('/evil<b>.mp3', { 'ice-name': evil, 'ice-url': 'javascript:alert(1)', 'user-agent': evil })
      const evilMount = state.mounts.get(mountOf('/evil<b>.mp3'))
      evilMount?.setTitle({ title: evil, url: undefined })
      const info = { address: '192.0.2.1', userAgent: evil, connectedAtMs: 0, isRelay: false }
      evilMount?.join(new FakeWire(), new Uint8Array(), info, false)
      const [name, query] = command.split('?')
      const path = `/admin/${name}.xsl${query === undefined ? '' : `?${query}mount=${encodeURIComponent('/evil<b>.mp3')}`}`
      const answer = await ask(path, admin)
      const page = await answer.text()
      expect(answer.status, page).toBe(200)
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page).not.toMatch(/<script>alert|evil<b>|href="javascript/)
    },
  )

  test.each([
    [5, '5 s'],
    [65, '1 min 5 s'],
    [3660 * 5, '5 h 5 min'],
  ])('%i seconds are %s', (seconds, text) => expect(printDuration(seconds)).toBe(text))
})
