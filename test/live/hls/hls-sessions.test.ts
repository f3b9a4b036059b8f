import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serverAt } from '../../kit/cluster/cluster.ts'
import { statsOf } from '../../kit/cluster/stats.ts'
import { readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { masterAt, secrets, startEdge, startOrigin } from '../../kit/process/runtimes.ts'
import { startBackend } from '../../kit/wire/backend.ts'

const admin = { headers: { Authorization: basic('admin', secrets.admin) } }
const path = '/hls/live.mp3/media.m3u8'
/** s: of three of them without a request a session has ended, which a busy machine must not take between two steps of this test */
const segmentSeconds = 2

test('a session is one listener in stats, lists, reports, metrics and limits; one request to the backend and one line in the access log a visit; and can be removed', async () => {
  const backend = await startBackend()
  onTestFinished(() => backend.close())
  const config = join(testFolder(), 'icecast.xml')
  const option = (name: string) => `<option name="${name}" value="${backend.url}"/>`
  writeFileSync(
    config,
    `<icecast><hls-segment>${segmentSeconds}</hls-segment><mount><mount-name>/live.mp3</mount-name><max-listeners>1</max-listeners>
      <authentication type="url">${option('listener_add')}${option('listener_remove')}</authentication></mount></icecast>`,
  )
  const edge = await startEdge('bun')
  onTestFinished(() => edge.stop())
  const server = await startOrigin('node', [...masterAt(edge), '--config', config])
  onTestFinished(() => server.stop())
  const source = startSource({ url: `${server.url}/live.mp3`, password: secrets.source, programme: numbered })
  onTestFinished(() => source.close())
  const get = (name: string) => fetch(server.url + name)
  const playlistOf = (session: string) => get(`${path}?s=${session}`)
  const admins = async (name: string) => (await fetch(server.url + name, admin)).text()
  const listenersInStats = async () => (await statsOf(server, '/live.mp3'))?.listeners
  /** Fetches so many segments as they come; returns the names and bytes of all answers. */
  const hear = async (session: string, count: number) => {
    let bytes = 0
    const heard = new Set<string>()
    await eventually(
      async () => {
        const text = await (await playlistOf(session)).text()
        bytes += text.length
        const next = readMediaPlaylist(text).segments.filter(({ uri }) => !heard.has(uri))
        for (const { uri } of next.slice(0, count - heard.size)) {
          const answer = await get(`/hls/live.mp3/${uri}`)
          expect(answer.status).toBe(200)
          bytes += (await answer.arrayBuffer()).byteLength
          heard.add(uri)
        }
        return heard.size >= count
      },
      { everyMs: 200 },
    )
    return { bytes, uri: [...heard].at(-1) ?? '' }
  }

  const [one, two] = ['aSessionOfOneOne', 'aSessionOfTwoTwo']
  await eventually(async () => (await playlistOf(one)).status === 200)
  const { bytes, uri } = await hear(one, 3)
  expect(uri).toContain(`?s=${one}`)
  expect(await listenersInStats()).toBe(1)
  expect(backend.bodies('listener_add').length).toBe(1)
  const list = await admins('/admin/listclients?mount=/live.mp3')
  const id = /<ID>(\d+)<\/ID>/i.exec(list)?.[1]
  expect(id).toBeDefined()
  const metrics = await admins('/metrics')
  for (const name of ['listeners', 'listener_peak', 'joins_total'])
    expect(metrics).toContain(`
distributary_origin_mount_${name}{mount="/live.mp3",kind="source"} 1
`)
  // another one has no room here, and may come back
  const refused = await playlistOf(two)
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
  await eventually(async () => {
    await hear(one, 1)
    const known = await serverAt(edge, server)
    return known?.listeners === 1
  })

  expect(await admins(`/admin/killclient?mount=/live.mp3&id=${id}`)).toMatch(/removed/i)
  for (const name of [`${path}?s=${one}`, `/hls/live.mp3/${uri}`]) expect((await get(name)).status).toBe(403)
  expect(await listenersInStats()).toBe(0)
  await backend.heard('listener_remove')
  // its slot is free at once
  await hear(two, 2)
  expect(backend.bodies('listener_add').length).toBe(2)
  // a visit ends when no segment was fetched for three target durations
  await eventually(async () => (await listenersInStats()) === 0)
  await backend.heard('listener_remove', 2)
  await eventually(async () => (await playlistOf(two)).status === 200)
  await hear(two, 1)
  expect(backend.bodies('listener_add').length).toBe(3)

  await eventually(async () => (await listenersInStats()) === 0)
  const visits = server.program
    .output()
    .split('\n')
    .flatMap((line) => (line.includes('distributary.access') ? [JSON.parse(line)] : []))
    .filter(({ path: asked, status }) => asked === path && status === 200)
  expect(visits.length).toBe(3)
  expect(visits[0].bytes).toBeGreaterThanOrEqual(bytes)
  expect(visits[0].seconds).toBeGreaterThan(0)
})
