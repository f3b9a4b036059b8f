import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { type RivalName, rivalNames, startRival } from '../../kit/cluster/rivals.ts'
import { pathOf, peer } from '../../kit/peers/peers.ts'
import { originRuntimes, type Server, secrets } from '../../kit/process/runtimes.ts'
import { type Backend, letIn, startBackend } from '../../kit/wire/backend.ts'
import { listen } from '../../kit/wire/listener.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const relay = basic('relay', secrets.relay)
const option = (name: string, value: string) => `<option name="${name}" value="${value}"/>`
const mountBlock = (name: string, options: Record<string, string>, more = '') =>
  `<mount><mount-name>${name}</mount-name>${more}<authentication type="url">${Object.entries(options)
    .map(([key, value]) => option(key, value))
    .join('')}</authentication></mount>`
const request = (line: string, ...headers: string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`
/** head of a source, without its body */
const put = (path: string, user: string, password: string) =>
  request(`PUT ${path} HTTP/1.1`, 'Content-Type: text/x-numbers', `Authorization: ${basic(user, password)}`)
/** an address without a server */
const nobody = 'http://127.0.0.1:9/'
const statusOf = (answer: string) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1])

async function play(server: Server, path: string, user: string, password: string): Promise<Source> {
  const source = startSource({ url: server.url + path, user, password, programme: numbered })
  onTestFinished(() => source.close())
  await eventually(() => source.isPlaying && source.sent > 10)
  return source
}

function hear(server: Server, text: string) {
  const connection = connectRaw(server.port)
  onTestFinished(() => void connection.socket.destroy())
  connection.send(text)
  return connection
}

describe.for(rivalNames)('requests of %s to an authentication backend', (rival: RivalName) => {
  const testHere = rival === 'Icecast 2.4.4' ? peer('icecast2') : test
  let backend: Backend
  let server: Server
  beforeAll(async () => {
    if (rival === 'Icecast 2.4.4' && pathOf('icecast2') === undefined) return
    backend = await startBackend()
    const url = `${backend.url}/auth`
    const actions = {
      listener_add: url,
      listener_remove: url,
      mount_add: url,
      mount_remove: url,
      stream_auth: url,
      headers: 'x-token,x-absent',
      header_prefix: 'ClientHeader.',
    }
    server = await startRival(rival, { elements: mountBlock('/m', actions) })
  })
  afterAll(async () => {
    await server?.stop()
    backend?.close()
  })

  testHere('every action in the same bytes, from the first byte of a source to its last', async () => {
    const source = await play(server, '/m', 'dj', 'p w')
    await backend.heard('mount_add')
    const byToken = hear(
      server,
      request('GET /m?tok=1&a=%20b HTTP/1.0', 'User-Agent: my agent/1', 'X-Token: t k'),
    )
    await byToken.until(/200 OK/)
    const byLogin = hear(server, request('GET /%6d HTTP/1.0', `Authorization: ${basic('bö', 'pw:x')}`))
    await byLogin.until(/200 OK/)
    for (const login of [basic('dj', 'p w'), basic('admin', secrets.admin)]) {
      const path = '/admin/metadata?mount=/m&mode=updinfo&song=x'
      expect(
        await exchange(server.port, request(`GET ${path} HTTP/1.0`, `Authorization: ${login}`)),
      ).toContain('Metadata update successful')
    }
    byToken.socket.destroy()
    await backend.heard('listener_remove')
    byLogin.socket.destroy()
    await backend.heard('listener_remove', 2)
    source.close()
    await backend.heard('mount_remove')

    const told = backend.posts.map(({ body }) => body.replaceAll(`port=${server.port}`, 'port=8000'))
    const ids = told.map((body) => /&client=(\d+)&/.exec(body)?.[1])
    const [first, second] = ids.filter((id) => id !== undefined)
    const at = 'server=127%2e0%2e0%2e1&port=8000'
    const here = 'ip=127%2e0%2e0%2e1'
    const token = `client=${first}&mount=%2fm%3ftok%3d1%26a%3d%2520b&user=&pass=`
    const login = `client=${second}&mount=%2f%256d&user=b%c3%b6&pass=pw%3ax`
    expect(told.map((body) => body.replace(/duration=\d+/, 'duration=N'))).toEqual([
      `action=stream_auth&mount=%2fm&${here}&${at}&user=dj&pass=p%20w`,
      `action=mount_add&mount=%2fm&${at}`,
      `action=listener_add&${at}&${token}&${here}&agent=my%20agent%2f1&ClientHeader.x-token=t%20k`,
      `action=listener_add&${at}&${login}&${here}&agent=-`,
      `action=stream_auth&mount=%2fm&${here}&${at}&user=dj&pass=p%20w&admin=1`,
      `action=listener_remove&${at}&${token}&duration=N&${here}&agent=my%20agent%2f1`,
      `action=listener_remove&${at}&${login}&duration=N&${here}&agent=-`,
      `action=mount_remove&mount=%2fm&${at}`,
    ])
    const logins = backend.posts.map(({ headers }) => headers.authorization)
    const [none, own] = [basic('', ''), basic('bö', 'pw:x')]
    expect(logins).toEqual([none, none, none, own, none, none, own, none])
    for (const { headers } of backend.posts) {
      expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
      expect(headers['user-agent']).toMatch(/^Icecast/)
    }
  })
})

describe.for(originRuntimes)('URL authentication at an origin on %s', (runtime) => {
  let backend: Backend
  let server: Server
  beforeAll(async () => {
    backend = await startBackend()
    const asked = { listener_add: `${backend.url}/add`, listener_remove: `${backend.url}/remove` }
    server = await startRival(runtime, {
      elements: [
        mountBlock('/paid', asked),
        mountBlock('/one', asked, '<max-listeners>1</max-listeners>'),
        mountBlock('/fed', { stream_auth: `${backend.url}/stream` }),
        mountBlock('/unheard', { listener_add: nobody }),
        mountBlock('/unfed', { stream_auth: nobody }),
      ].join(''),
    })
  })
  afterAll(async () => {
    await server?.stop()
    backend?.close()
  })
  const ask = (text: string) => exchange(server.port, text)

  test('a listener that the backend rejects gets 401 with a realm, one that it accepts gets the stream', async () => {
    await play(server, '/paid', 'source', secrets.source)
    backend.answer = ({ body }) => (body.includes('&user=bob&pass=geheim&') ? letIn : {})
    const refused = await ask(request('GET /paid HTTP/1.1'))
    expect(statusOf(refused)).toBe(401)
    expect(refused).toContain('WWW-Authenticate: Basic realm="Icecast2 Server"\r\n')
    expect(refused).toContain('You need to authenticate')
    const heard = await listen(`${server.url}/paid`, { headers: { Authorization: basic('bob', 'geheim') } })
    onTestFinished(() => heard.close())
    expect(heard.status).toBe(200)
    await eventually(() => heard.bytesHeard > 20_000)
    const admin = await fetch(`${server.url}/admin/listclients?mount=/paid`, {
      headers: { Authorization: basic('admin', secrets.admin) },
    })
    expect(await admin.text()).toContain('<username>bob</username>')
  })

  test('icecast-auth-timelimit closes the connection', async () => {
    await play(server, '/paid', 'source', secrets.source)
    backend.answer = () => ({ headers: { 'icecast-auth-user': '1', 'icecast-auth-timelimit': '1' } })
    const heard = await listen(`${server.url}/paid`)
    onTestFinished(() => heard.close())
    expect(heard.status).toBe(200)
    await eventually(() => heard.isClosed)
  })

  test('a 403 of the backend and its Location reach the listener, as in icecast-kh', async () => {
    await play(server, '/paid', 'source', secrets.source)
    backend.answer = () => ({ status: 403, reason: 'not in your country' })
    const refused = await ask(request('GET /paid HTTP/1.1'))
    expect(statusOf(refused)).toBe(403)
    expect(refused).toContain('not in your country')
    backend.answer = () => ({ status: 302, headers: { Location: 'https://pay.example/?a=1' } })
    const sent = await ask(request('GET /paid HTTP/1.1', `Authorization: ${basic('bob', 'geheim')}`))
    expect(statusOf(sent)).toBe(302)
    expect(sent).toContain('\r\nLocation: https://pay.example/?a=1\r\n')
    expect(sent).not.toContain('geheim')
  })

  test('a full mount refuses with 403, and asks no backend (docs/icecast.md#listener-authentication)', async () => {
    await play(server, '/one', 'source', secrets.source)
    backend.answer = () => letIn
    const first = await listen(`${server.url}/one`)
    onTestFinished(() => first.close())
    const asked = backend.bodies('listener_add').length
    const refused = await ask(request('GET /one HTTP/1.1'))
    expect(statusOf(refused)).toBe(403)
    expect(refused).toContain('max listeners reached')
    expect(backend.bodies('listener_add')).toHaveLength(asked)
  })

  test('a source that is refused late loses nothing of its next request on the same connection', async () => {
    backend.answer = ({ body }) => (body.includes('&pass=right') ? letIn : {})
    const probe = (password: string) =>
      request(
        'PUT /fed HTTP/1.1',
        'Content-Type: text/x-numbers',
        `Authorization: ${basic('late', password)}`,
        'Content-Length: 0',
        'Connection: keep-alive',
      )
    for (let i = 0; i < 10; i++) hear(server, probe('wrong')) // the next request waits for its answer
    await backend.heard('stream_auth', 10)
    const source = hear(server, probe('wrong'))
    await backend.heard('stream_auth', 11)
    source.send(put('/fed', 'late', 'right'))
    const answers = await source.until(/HTTP\/1\.0 200 OK\r\n\r\n$/)
    expect(statusOf(answers.replace('HTTP/1.0', 'HTTP/1.1'))).toBe(401)
  })

  test("relays are accepted by the server's own credentials, probes without any; a HEAD is asked as a GET", async () => {
    await play(server, '/paid', 'source', secrets.source)
    backend.answer = () => ({})
    const asked = backend.bodies('listener_add').length
    const relayed = await listen(`${server.url}/paid`, { headers: { Authorization: relay } })
    onTestFinished(() => relayed.close())
    expect(relayed.status).toBe(200)
    expect(statusOf(await ask(request('GET /paid HTTP/1.1', 'Range: bytes=0-1')))).toBe(206)
    expect(backend.bodies('listener_add')).toHaveLength(asked)
    expect(statusOf(await ask(request('HEAD /paid HTTP/1.1')))).toBe(401)
    const removed = backend.bodies('listener_remove').length
    backend.answer = () => letIn
    expect(statusOf(await ask(request('HEAD /paid HTTP/1.1')))).toBe(200)
    await backend.heard('listener_remove', removed + 1)
  })

  test('while the backend is down, neither listeners nor sources are accepted', async () => {
    await play(server, '/unheard', 'source', secrets.source)
    expect(statusOf(await ask(request('GET /unheard HTTP/1.1')))).toBe(401)
    expect(statusOf(await ask(put('/unfed', 'source', secrets.source)))).toBe(401)
  })

  test('a source that its backend accepts loses no byte that it sent while the backend was asked', async () => {
    backend.answer = ({ body }) => (body.includes('&user=dj&') ? letIn : {})
    expect(statusOf(await ask(put('/fed', 'eve', 'pw')))).toBe(401)
    const source = hear(server, put('/fed', 'dj', 'pw'))
    source.send(Buffer.alloc(100_000, 'x'))
    await source.until(/200 OK/)
    source.send(Buffer.alloc(100_000, 'y'))
    const stats = async () => {
      const answer = await fetch(`${server.url}/admin/stats?mount=/fed`, {
        headers: { Authorization: basic('admin', secrets.admin) },
      })
      return /<total_bytes_read>(\d+)</.exec(await answer.text())?.[1]
    }
    await eventually(async () => (await stats()) === '200000')
  })

  test('a silent source can be taken over by its own user, but not by another user whom the backend accepts', async () => {
    backend.answer = () => letIn
    const silent = hear(server, put('/fed', 'ann', 'pw'))
    await silent.until(/200 OK/)
    const takenOver = async () => {
      const refused = await ask(put('/fed', 'eve', 'pw'))
      expect(refused).toContain('Mountpoint in use')
      const own = hear(server, put('/fed', 'ann', 'pw'))
      return (await own.until(/HTTP/)).includes('200 OK')
    }
    await eventually(takenOver, { everyMs: 200 })
    await silent.closed()
  })

  test('when the program ends, the backend is told of every listener', async () => {
    backend.answer = () => letIn
    const ending = await startRival(runtime, {
      elements: mountBlock('/m', {
        listener_add: `${backend.url}/last`,
        listener_remove: `${backend.url}/last`,
        mount_remove: `${backend.url}/last`,
      }),
    })
    onTestFinished(() => ending.stop())
    await play(ending, '/m', 'source', secrets.source)
    const listeners = await Promise.all(Array.from({ length: 30 }, () => listen(`${ending.url}/m`)))
    onTestFinished(() => {
      for (const each of listeners) each.close()
    })
    ending.program.signal('SIGTERM')
    await ending.program.exited
    const last = backend.posts.filter(({ path }) => path === '/last').map(({ body }) => body)
    const idsOf = (action: string) =>
      last.flatMap((body) => new RegExp(`^action=${action}&.*&client=(\\d+)&`).exec(body)?.[1] ?? []).sort()
    expect(idsOf('listener_add')).toHaveLength(30)
    expect(idsOf('listener_remove')).toEqual(idsOf('listener_add'))
    expect(last.some((body) => body.startsWith('action=mount_remove&'))).toBe(true)
  })
})
