import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { MountAuth, type Visitor } from '../../../origin/auth/mount-auth.ts'
import { createConfig } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import { MountWatch } from '../../../origin/mount/mount-watch.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { testFolder } from '../../kit/process/files.ts'

const mount = mountOf('/m')
const login = (user: string, password: string) => ({ user, password })
const bob = login('bob', 'geheim')
const admitted = expect.objectContaining({ admitted: true })
const unproven = { admitted: false, status: 401 }
/** correct, but in use */
const taken = { ...unproven, isTaken: true }
const busy = { admitted: false, status: 403, text: 'busy, please try again later' }

/** A backend that answers as a test wants, and the requests that it got. */
function fakeBackend() {
  const heard: { url: string; form: string; headers: Headers }[] = []
  const backend = {
    heard,
    forms: () => heard.map(({ form }) => form),
    answer: async (): Promise<Response> => new Response('', { headers: { 'icecast-auth-user': '1' } }),
    fetch: (async (url: URL, init: RequestInit) => {
      heard.push({ url: String(url), form: String(init.body), headers: new Headers(init.headers) })
      const late = new Promise<never>((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
      if (init.signal?.aborted) throw init.signal.reason
      return Promise.race([backend.answer(), late])
    }) as typeof fetch,
  }
  return backend
}

function authBy(mountXml: string) {
  const time = new ManualTime()
  const backend = fakeBackend()
  const xml = `<icecast><authentication><source-password>server-pw</source-password></authentication>
    <hostname>h.example</hostname><listen-socket><port>8000</port></listen-socket>
    <mount><mount-name>/m</mount-name>${mountXml}</mount></icecast>`
  const { settings, blocks } = parseIcecastXml(xml)
  const config = createConfig({ flags: {}, environment: {}, file: { settings, blocks } })
  const auth = new MountAuth({ config, nowMs: time.nowMs, timers: time, fetch: backend.fetch })
  return { auth, backend, time }
}

const url = (options: Record<string, string>) =>
  `<authentication type="url">${Object.entries(options)
    .map(([name, value]) => `<option name="${name}" value="${value}"/>`)
    .join('')}</authentication>`
const htpasswd = (file: string, more = '') =>
  `<authentication type="htpasswd"><option name="filename" value="${file}"/>${more}</authentication>`

const visitor = (with_: Partial<Visitor> = {}): Visitor => ({
  id: 7,
  mount,
  target: '/m?t=1',
  address: '192.0.2.1',
  login: bob,
  userAgent: 'player',
  headers: new Map(),
  stays: true,
  isGone: () => false,
  close: () => {},
  ...with_,
})

async function entryOf(verdict: ReturnType<MountAuth['admit']>) {
  const given = await verdict
  if (!given.admitted) throw new Error(`not admitted: ${given.status}`)
  return given
}

describe('a mount without <authentication>', () => {
  test('accepts all listeners, and asks no backend', async () => {
    const { auth, backend } = authBy('')
    expect(await auth.admit(visitor({ login: undefined }))).toEqual(admitted)
    expect(backend.heard).toEqual([])
  })
})

describe('a mount with a password file', () => {
  const file = () => {
    const path = `${testFolder()}/users`
    writeFileSync(path, `bob:${createHash('md5').update('geheim').digest('hex')}\n`)
    return path
  }

  test('accepts its users, by name', async () => {
    const { auth } = authBy(htpasswd(file()))
    expect(await auth.admit(visitor())).toMatchObject({ admitted: true, user: 'bob' })
    expect(await auth.admit(visitor({ login: login('bob', 'x') }))).toEqual(unproven)
    expect(await auth.admit(visitor({ login: undefined }))).toEqual(unproven)
  })

  test('lets a user listen once at a time: the second gets 401 until the first has left', async () => {
    const { auth } = authBy(htpasswd(file()))
    const first = await entryOf(auth.admit(visitor()))
    expect(await auth.admit(visitor())).toEqual(taken)
    first.leave(1)
    expect(await auth.admit(visitor())).toEqual(admitted)
  })

  test('a connection whose player has left loses its seat to the next one, and is closed', async () => {
    const { auth } = authBy(htpasswd(file()))
    const close = vi.fn()
    const first = visitor({ isGone: () => true, close })
    const entry = await entryOf(auth.admit(first))
    expect(await auth.admit(visitor())).toEqual(admitted)
    expect(close).toHaveBeenCalledOnce()
    entry.leave(1)
    expect(await auth.admit(visitor())).toEqual(taken)
  })

  test('a HEAD takes no seat', async () => {
    const { auth } = authBy(htpasswd(file()))
    expect(await auth.admit(visitor({ stays: false }))).toEqual(admitted)
    expect(await auth.admit(visitor())).toEqual(admitted)
    expect(await auth.admit(visitor({ stays: false }))).toEqual(admitted)
  })

  test('allow_duplicate_users lets a user listen any number of times', async () => {
    const { auth } = authBy(htpasswd(file(), '<option name="allow_duplicate_users" value="1"/>'))
    for (let i = 0; i < 3; i++) expect(await auth.admit(visitor())).toEqual(admitted)
  })

  test('gives its users to the admin; a mount without a file has none', () => {
    const { auth } = authBy(htpasswd(file()))
    expect(auth.usersOf(mount)?.list()).toEqual(['bob'])
    expect(auth.usersOf(mountOf('/other'))).toBeUndefined()
  })
})

describe('a mount with URL authentication', () => {
  const asked = { listener_add: 'http://b.example/add', listener_remove: 'http://b.example/remove' }

  test('accepts listeners that its backend accepts, for the time that it sets', async () => {
    const { auth, backend } = authBy(url(asked))
    backend.answer = async () =>
      new Response('', { headers: { 'icecast-auth-user': '1', 'icecast-auth-timelimit': '60' } })
    expect(await auth.admit(visitor())).toMatchObject({ admitted: true, user: 'bob', seconds: 60 })
    const [{ url: where, form, headers } = { url: '', form: '', headers: new Headers() }] = backend.heard
    expect(where).toBe('http://b.example/add')
    expect(form).toMatch(/^action=listener_add&server=h%2eexample&port=8000&client=7&mount=%2fm%3ft%3d1&/)
    expect(headers.get('content-type')).toBe('application/x-www-form-urlencoded')
    expect(headers.get('user-agent')).toMatch(/^Icecast/)
  })

  test('sends the same number when the listener has left, and the duration', async () => {
    const { auth, backend } = authBy(url(asked))
    const entry = await entryOf(auth.admit(visitor()))
    entry.leave(12)
    await auth.settled()
    expect(backend.heard[1]?.url).toBe('http://b.example/remove')
    expect(backend.heard[1]?.form).toMatch(/^action=listener_remove&.*&client=7&.*&duration=12&/)
  })

  test('without listener_add accepts all listeners, and still sends listener_remove (Icecast 2.4)', async () => {
    const { auth, backend } = authBy(url({ listener_remove: asked.listener_remove }))
    const entry = await entryOf(auth.admit(visitor()))
    entry.leave(1)
    await auth.settled()
    expect(backend.heard.map(({ url: where }) => where)).toEqual(['http://b.example/remove'])
  })

  test.each([
    ["the operator's", { ...asked, username: 'icecast', password: 'pw' }, bob, 'icecast:pw'],
    ["the listener's", asked, bob, 'bob:geheim'],
    ["the URL's own", { listener_add: 'http://u%40x:p@b.example/' }, bob, 'u@x:p'],
    ["nobody's", asked, undefined, ':'],
  ])('sends the backend %s credentials', async (_, options, shown, expected) => {
    const { auth, backend } = authBy(url(options))
    await auth.admit(visitor({ login: shown }))
    const authorization = backend.heard[0]?.headers.get('authorization')
    expect(authorization).toBe(`Basic ${Buffer.from(expected).toString('base64')}`)
    expect(backend.heard[0]?.url).not.toContain('@')
  })

  test('fails closed: no listener is accepted if the backend cannot be reached, or is too late', async () => {
    const { auth, backend, time } = authBy(url(asked))
    backend.answer = () => Promise.reject(new Error('ECONNREFUSED'))
    expect(await auth.admit(visitor())).toEqual(unproven)
    backend.answer = () => new Promise(() => {})
    const waiting = auth.admit(visitor())
    await time.pass(14_999)
    expect(await Promise.race([waiting, 'waits'])).toBe('waits')
    await time.pass(1)
    expect(await waiting).toEqual(unproven)
  })

  test('asks a bounded number at once, lets a hundred wait, and tells the others to retry', async () => {
    const { auth, backend, time } = authBy(url(asked))
    backend.answer = () => new Promise(() => {})
    const verdicts = Array.from({ length: 120 }, () => auth.admit(visitor()))
    await time.pass(0)
    expect(backend.heard).toHaveLength(16)
    expect(await Promise.all(verdicts.slice(116))).toEqual([busy, busy, busy, busy])
    await time.pass(15_000)
    // the waiting ones have used up the time for an answer: the backend is not asked about them any more
    expect(await Promise.all(verdicts.slice(0, 116))).toEqual(Array(116).fill(unproven))
  })

  test('150 listeners with a slow backend block no source, no title, and no listener of another network', async () => {
    const { auth, backend, time } = authBy(url({ ...asked, stream_auth: 'http://auth.example/src' }))
    const answers: (() => void)[] = []
    backend.answer = () =>
      new Promise((resolve) =>
        answers.push(() => resolve(new Response('', { headers: { 'icecast-auth-user': '1' } }))),
      )
    const crowd = Array.from({ length: 150 }, (_, i) => auth.admit(visitor({ address: `192.0.2.${i}` })))
    const other = auth.admit(visitor({ address: '198.51.100.1', target: '/m?other' }))
    const asks = { mount, login: bob, address: '192.0.2.1' }
    const [source, title] = [auth.admitSource(asks), auth.mayAdmin(asks)]
    await time.pass(0)
    const actions = backend.forms().map((form) => new URLSearchParams(form).get('action'))
    expect(actions.filter((action) => action === 'stream_auth')).toHaveLength(2)
    for (const answer of answers) answer()
    expect(await source).toEqual(admitted)
    expect(await title).toBe(true)
    await time.pass(0)
    // its turn came with the next free slot, before 80 others
    expect(backend.forms().filter((form) => form.includes('other'))).toHaveLength(1)
    for (const answer of answers) answer()
    expect(await other).toEqual(admitted)
    expect((await crowd.at(-1))?.admitted).toBe(false)
  })

  test('notifications without an answer are sent again with the same key, three times at most', async () => {
    const { auth, backend, time } = authBy(url(asked))
    const entry = await entryOf(auth.admit(visitor()))
    backend.answer = async () => new Response('', { status: 503 })
    entry.leave(1)
    await time.pass(60_000)
    const news = backend.heard.slice(1)
    expect(news).toHaveLength(3)
    const keys = news.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/)
    expect(new Set(keys).size).toBe(1)
    await auth.settled()
  })

  test('notifies the backend of a mount in order, even if the first attempt fails', async () => {
    const { auth, backend, time } = authBy(
      url({ mount_add: 'http://b.example/', mount_remove: 'http://b.example/' }),
    )
    backend.answer = () => Promise.reject(new Error('ECONNREFUSED'))
    auth.mountBegan(mount)
    auth.mountEnded(mount)
    await time.pass(500)
    backend.answer = async () => new Response('')
    await time.pass(1000)
    await auth.settled()
    const actions = backend.forms().map((form) => /action=(\w+)/.exec(form)?.[1])
    expect(actions).toEqual(['mount_add', 'mount_add', 'mount_remove'])
  })

  test('notifies the backend when the mount begins and ends, but not of a takeover', async () => {
    const { auth, backend } = authBy(
      url({ mount_add: 'http://b.example/', mount_remove: 'http://b.example/' }),
    )
    const watch = new MountWatch(auth)
    for (const running of [[mount], [mount, mountOf('/other')], [mount], [], [mount]]) watch.look(running)
    await auth.settled()
    const told = (action: string) => `action=${action}&mount=%2fm&server=h%2eexample&port=8000`
    expect(backend.forms()).toEqual(['mount_add', 'mount_remove', 'mount_add'].map(told))
  })
})

describe('the source of a mount', () => {
  const request = (user: string, password: string) => ({
    mount,
    login: login(user, password),
    address: '192.0.2.1',
  })

  test('needs the user and password of the mount, if it has them', async () => {
    const { auth } = authBy('<username>dj</username><password>mount-pw</password>')
    expect(auth.admitSource(request('dj', 'mount-pw'))).toEqual({ admitted: true, owner: 'dj' })
    for (const [user, password] of [
      ['source', 'mount-pw'],
      ['dj', 'server-pw'],
      ['source', 'server-pw'],
    ] as const)
      expect(auth.admitSource(request(user, password))).toEqual(unproven)
    expect(auth.admitSource({ mount, login: undefined, address: '' })).toEqual(unproven)
  })

  test("a mount with a user but no password uses the server's password", () => {
    const { auth } = authBy('<username>dj</username>')
    expect(auth.admitSource(request('dj', 'server-pw'))).toMatchObject({ admitted: true })
    expect(auth.admitSource(request('source', 'server-pw'))).toEqual(unproven)
  })

  test('may call the admin for its own mount, and for no other', async () => {
    const { auth } = authBy('<password>mount-pw</password>')
    const own = request('source', 'mount-pw')
    expect(await auth.mayAdmin(own)).toBe(true)
    expect(await auth.mayAdmin({ ...own, mount: mountOf('/other') })).toBe(false)
    expect(await auth.mayAdmin(request('source', 'server-pw'))).toBe(false)
  })

  test('is checked by stream_auth only, if it is set, for its admin calls too', async () => {
    const { auth, backend } = authBy(url({ stream_auth: 'http://b.example/' }))
    expect(await auth.admitSource(request('dj', 'pw'))).toEqual({ admitted: true, owner: 'dj' })
    expect(await auth.mayAdmin(request('dj', 'pw'))).toBe(true)
    backend.answer = async () => new Response('')
    expect(await auth.admitSource(request('source', 'server-pw'))).toEqual(unproven)
    expect(backend.forms().map((form) => /action=(\w+).*?(admin=1)?$/.exec(form)?.slice(1))).toEqual([
      ['stream_auth', undefined],
      ['stream_auth', 'admin=1'],
      ['stream_auth', undefined],
    ])
  })

  test('a mount with a backend for listeners only keeps its password for sources', () => {
    const { auth } = authBy(url({ listener_add: 'http://b.example/' }))
    expect(auth.admitSource(request('source', 'server-pw'))).toEqual({ admitted: true, owner: 'source' })
  })
})
