import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import { createEdge } from '../../edge/app.ts'
import { parseConfig } from '../../edge/config.ts'
import { cacheStore } from '../../edge/workers/cache-store.ts'
import { type ClusterStub, RemoteCluster } from '../../edge/workers/remote-cluster.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'
import { ask, report } from './asked-worker.ts'

const object = () => env.CLUSTER.getByName('cluster')
const audio = Uint8Array.from({ length: 400 }, (_, i) => i % 251)
const listed = Array.from({ length: 15 }, (_, i) => `#EXTINF:4.000000,\n${5 + i}.mp3\n`)
const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:5\n${listed.join('')}`

/** What a master answers, and which paths it was asked for. @param isPrivate its mount asks who may listen */
function masterAnswers(isPrivate = false) {
  const asked: string[] = []
  const headers = { 'Cache-Control': isPrivate ? 'private, max-age=2' : 'public, max-age=3600' }
  const answer = async (input: RequestInfo | URL): Promise<Response> => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    asked.push(pathname)
    await scheduler.wait(20)
    return new Response(pathname.endsWith('.m3u8') ? playlist : audio, { headers })
  }
  return { asked, fetch: answer }
}

/** A cluster with one master that packages this mount. */
const reportPackaging = (mount: string) =>
  report(reportOf('m', { role: 'master', mounts: [mountReport(mount, { about: { hls: 4 } })] }))

/** An isolate that starts now, in the data centre of all others: nothing is in its memory, and it counts its calls of the object. */
function newIsolate(fetchFromMaster: typeof fetch) {
  const config = parseConfig({ ...env, HLS_EDGE: 'always' })
  const deferred: Promise<unknown>[] = []
  let calls = 0
  const notCalled = () => Promise.reject(new Error('it is not called'))
  const stub: ClusterStub = {
    exchange: async (sent, have) => {
      calls++
      return object().exchange(sent, have)
    },
    accept: notCalled,
    acceptBy: notCalled,
    register: notCalled,
    addPolled: notCalled,
    setDrain: notCalled,
    forget: notCalled,
    wrongLogin: notCalled,
    history: notCalled,
    plays: notCalled,
    seen: notCalled,
    events: notCalled,
    check: notCalled,
  }
  const defer = (work: Promise<unknown>) => void deferred.push(work)
  const cluster = new RemoteCluster({
    stub: () => stub,
    nowMs: Date.now,
    roll: () => 0,
    sleep: () => new Promise(() => {}),
    defer,
    maxListenersDefault: config.maxListenersDefault,
  })
  const edge = createEdge({
    config,
    cluster,
    nowMs: Date.now,
    roll: () => 0,
    redirected: () => {},
    carrying: {
      fetch: fetchFromMaster,
      bytesMax: 1_000_000,
      store: cacheStore(config.publicUrls, caches.default),
      defer,
    },
    startedAtMs: 0,
  })
  const facts = { address: undefined, secure: false, base: undefined }
  return {
    calls: () => calls,
    ask: async (path: string) => edge.answer(new Request(`http://edge.example${path}`), facts),
    /** Waits for the work that went on after the answers. */
    settled: () => Promise.all(deferred),
  }
}

const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer())

afterEach(async () => {
  vi.restoreAllMocks()
  await reset()
})

test('a segment that is in the cache of the data centre is asked of the master once, and touches no Durable Object', async () => {
  await reportPackaging('/cached.mp3')
  const { asked, fetch } = masterAnswers()
  const first = newIsolate(fetch)
  const path = '/hls/cached.mp3/5.mp3'
  const answers = await Promise.all(Array.from({ length: 50 }, () => first.ask(path)))
  for (const answer of answers) expect(await bytesOf(answer)).toEqual(audio)
  expect([asked, first.calls() > 0]).toEqual([[path], true])
  await first.settled()
  const other = newIsolate(fetch)
  const kept = await other.ask(path)
  expect([kept.status, kept.headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
  expect(await bytesOf(kept)).toEqual(audio)
  expect([asked, other.calls()]).toEqual([[path], 0])
})

test('a playlist comes from the master, and is in no cache of the data centre', async () => {
  await reportPackaging('/fresh.mp3')
  const { asked, fetch } = masterAnswers()
  const path = '/hls/fresh.mp3/media.m3u8'
  for (const isolate of [newIsolate(fetch), newIsolate(fetch)]) {
    expect(await (await isolate.ask(`${path}?s=ABCDEFGHIJKLMNOP`)).text()).toContain(
      '5.mp3?s=ABCDEFGHIJKLMNOP',
    )
    await isolate.settled()
  }
  expect(asked).toEqual([path, path])
})

test('an object of a mount with authentication is given to nobody, and is in no cache', async () => {
  await reportPackaging('/guarded.mp3')
  const { asked, fetch } = masterAnswers(true)
  const path = '/hls/guarded.mp3/5.mp3'
  for (const isolate of [newIsolate(fetch), newIsolate(fetch)]) {
    expect((await isolate.ask(path)).status).toBe(403)
    expect((await isolate.ask('/hls/guarded.mp3/media.m3u8')).status).toBe(403)
    await isolate.settled()
  }
  expect(asked.filter((each) => each === path).length).toBe(2)
  expect(await caches.default.match(`https://edge.invalid${path}`)).toBeUndefined()
})

test('requests of one isolate share a fetch, though the request that began it is another one', async () => {
  await reportPackaging('/shared.mp3')
  const { asked, fetch } = masterAnswers()
  vi.spyOn(globalThis, 'fetch').mockImplementation(fetch)
  const path = '/hls/shared.mp3/7.mp3'
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(path)))
  for (const answer of answers) expect(await bytesOf(answer)).toEqual(audio)
  expect(asked).toEqual([path])
})

test('a playlist is packed by the runtime', async () => {
  await reportPackaging('/packed.mp3')
  vi.spyOn(globalThis, 'fetch').mockImplementation(masterAnswers().fetch)
  const answer = await ask('/hls/packed.mp3/media.m3u8', { headers: { 'Accept-Encoding': 'gzip' } })
  expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'gzip'])
})
