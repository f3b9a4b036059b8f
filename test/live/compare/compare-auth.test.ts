import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { basic, expecting, setTitle, startSource } from '../../kit/audio/source.ts'
import { tagged } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { compare, mountBlock, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'
import { secrets } from '../../kit/process/runtimes.ts'

/** files of all three servers; Icecast runs as nobody, and changes one of them */
const folder = mkdtempSync(join(tmpdir(), 'auth-'))
chmodSync(folder, 0o777)
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const hashed = (password: string) => createHash('md5').update(password).digest('hex')

/** Makes a mount's password file in the format of Icecast 2.4, with one user, bob. */
function writeUsers(mount: string): string {
  const file = join(folder, mount.slice(1))
  writeFileSync(file, `bob:${hashed('geheim')}\n`)
  chmodSync(file, 0o666)
  utimesSync(file, 1, 1) // Icecast detects changes with a resolution of one second
  return file
}

const withUsers = (mount: string, more = '') =>
  `<mount><mount-name>${mount}</mount-name><authentication type="htpasswd">
    <option name="filename" value="${writeUsers(mount)}"/>${more}</authentication></mount>`

const as = (user: string, password: string) => ({ headers: { Authorization: basic(user, password) } })
const bob = as('bob', 'geheim')

/** What a listener with these credentials hears, tried until a slot is free. */
const listenOnceFree = (stage: Stage, path: string) =>
  eventually(async () => {
    const witness = await stage.listen(path, bob)
    return witness.listener.status === 200 && witness
  })

/** Feeds a mount with its own login; resolves once it plays. */
async function feed(stage: Stage, mount: string, user: string, password: string): Promise<void> {
  const url = stage.server.url + mount
  const source = startSource({ url, user, password, programme: tagged('live'), headers: expecting })
  stage.onCurtain(() => source.close())
  await eventually(() => source.isPlaying && source.sent > 10)
}

/** The status of an attempt to feed a mount. */
async function tryToFeed(stage: Stage, mount: string, user: string, password: string): Promise<number> {
  const headers = { Authorization: basic(user, password), 'Content-Type': 'audio/mpeg' }
  return (await fetch(stage.server.url + mount, { method: 'PUT', headers })).status
}

const listeners: Scene[] = [
  {
    name: 'a password file allows only its users; others get 401 with the realm',
    elements: withUsers('/locked'),
    async play(stage) {
      await stage.source('/locked', 'live')
      const [user, wrong, unknown, nobody] = await Promise.all([
        stage.listen('/locked', bob),
        stage.listen('/locked', as('bob', 'Geheim')),
        stage.listen('/locked', as('eve', 'geheim')),
        stage.listen('/locked'),
      ])
      await user.hears('live')
      return {
        stories: [user, wrong, unknown, nobody].map((witness) => witness.story()),
        realm: nobody.listener.headers.get('www-authenticate'),
        says: nobody.text(),
      }
    },
    seen: {
      stories: ['live', '401', '401', '401'],
      realm: 'Basic realm="Icecast2 Server"',
      says: 'You need to authenticate',
    },
  },
  {
    name: 'a user listens once at a time; the second connection gets 401 until the first has ended',
    elements: withUsers('/once'),
    async play(stage) {
      await stage.source('/once', 'live')
      const first = await stage.listen('/once', bob)
      await first.hears('live')
      const second = await stage.listen('/once', bob)
      first.listener.close()
      const third = await listenOnceFree(stage, '/once')
      await third.hears('live')
      return { second: second.story(), third: third.story() }
    },
    seen: { second: '401', third: 'live' },
    later: { why: 'the second is accepted', seen: { second: 'live', third: 'live' } },
  },
  {
    name: 'allow_duplicate_users: a user may listen any number of times',
    elements: withUsers('/often', '<option name="allow_duplicate_users" value="1"/>'),
    async play(stage) {
      await stage.source('/often', 'live')
      const both = await Promise.all([stage.listen('/often', bob), stage.listen('/often', bob)])
      for (const each of both) await each.hears('live')
      return { stories: both.map((witness) => witness.story()) }
    },
    seen: { stories: ['live', 'live'] },
  },
  {
    name: "listclients shows a listener's name",
    elements: withUsers('/named'),
    async play(stage) {
      await stage.source('/named', 'live')
      await (await stage.listen('/named', bob)).hears('live')
      const { text } = await stage.admin('/admin/listclients?mount=/named')
      return { names: text.match(/<username>[^<]*<\/username>/g) }
    },
    seen: { names: ['<username>bob</username>'] },
  },
  {
    name: "relays are accepted by the server's own credentials",
    elements: withUsers('/relayed'),
    async play(stage) {
      await stage.source('/relayed', 'live')
      const witness = await stage.listen('/relayed', as('relay', secrets.relay))
      if (witness.listener.status === 200) await witness.hears('live')
      return { story: witness.story() }
    },
    seen: { story: '401' },
    ours: {
      why: 'a slave can mirror a protected mount (docs/icecast.md#listener-authentication)',
      seen: { story: 'live' },
    },
  },
  {
    name: 'manageauth adds a user, who may then listen, and deletes it',
    elements: withUsers('/managed'),
    async play(stage) {
      writeUsers('/managed') // the previous server may have changed it
      await stage.source('/managed', 'live')
      const call = async (query: string) =>
        (await stage.admin(`/admin/manageauth?mount=/managed${query}`)).text
      const message = (text: string) => /<message>([^<]*)<\/message>/.exec(text)?.[1]
      const added = message(await call('&action=add&username=ann&password=kennwort'))
      // Icecast reads the file again at a listener's request
      const ann = await eventually(async () => {
        const witness = await stage.listen('/managed', as('ann', 'kennwort'))
        return witness.listener.status === 200 && witness
      })
      await ann.hears('live')
      const list = (await call('')).replace(/^<\?xml[^>]*>\s*/, '').trim()
      const again = message(await call('&action=add&username=ann&password=other'))
      const deleted = message(await call('&action=delete&username=ann'))
      return { added, list, again, deleted }
    },
    seen: {
      added: 'User added',
      list: '<icestats><source mount="/managed"><User><username>ann</username></User><User><username>bob</username></User></source></icestats>',
      again: 'User already exists - not added',
      deleted: 'User deleted',
    },
    later: { why: 'manageauth is answered 400' },
  },
]

const sources: Scene[] = [
  {
    name: "a mount's own login feeds it, and the server's does not",
    elements: mountBlock('/own', { username: 'dj', password: 'mount-pw' }),
    async play(stage) {
      const tried = [
        await tryToFeed(stage, '/own', 'source', secrets.source),
        await tryToFeed(stage, '/own', 'source', 'mount-pw'),
        await tryToFeed(stage, '/own', 'dj', secrets.source),
      ]
      await feed(stage, '/own', 'dj', 'mount-pw')
      const witness = await stage.listen('/own')
      await witness.hears('live')
      return { tried, story: witness.story() }
    },
    seen: { tried: [401, 401, 401], story: 'live' },
    later: { why: 'a PUT with a wrong login and without a body is closed without an answer' },
  },
  {
    name: "a mount's source calls the admin for its mount, and for no other",
    elements: mountBlock('/mine', { password: 'mine-pw' }) + mountBlock('/yours', { password: 'yours-pw' }),
    async play(stage) {
      await feed(stage, '/mine', 'source', 'mine-pw')
      await feed(stage, '/yours', 'source', 'yours-pw')
      const call = async (mount: string) => {
        const headers = { Authorization: basic('source', 'mine-pw') }
        return (await fetch(`${stage.server.url}/admin/listclients?mount=${mount}`, { headers })).status
      }
      await setTitle(`${stage.server.url}/mine`, 'mine-pw', 'a title')
      return { mine: await call('/mine'), yours: await call('/yours') }
    },
    seen: { mine: 200, yours: 401 },
  },
]

compare('who may listen and who may feed', [...listeners, ...sources])
