import { env } from 'cloudflare:workers'
import { ClusterObject as Measured } from '../../edge/workers/cluster-object.ts'
import type { Version } from '../../shared/news/published-servers.ts'

// A worker that calls the objects of a cluster as its isolates would, for `npm run bench -- workers`.
export { ReportsObject } from '../../edge/workers/reports-object.ts'

/** In runs of more than a minute workerd took the object out of memory between two calls; this one is under way for an hour. */
export class ClusterObject extends Measured {
  stay(): Promise<void> {
    return scheduler.wait(3_600_000)
  }
}

const mounts = 10
/** reports that a gathering object passes on in one call, at 200 a second and 100 ms */
const perCall = 20
/** redirects that an isolate reports in one call go to so many servers */
const deltas = 4

/** by isolate */
const versions: (Version | undefined)[] = []
let seq = 0

function textOf(i: number): string {
  const n = ++seq
  const lines = Array.from(
    { length: mounts },
    (_, m) => `/mount${m}.mp3 ${(n + m) % 300} - 128 ${n + m} audio/mpeg\n`,
  )
  return `sourcelist: 1
id: relay${i}
boot: 01JD
seq: ${n}
url: http://relay${i}.example.org:8000
url: https://relay${i}.example.org:8443
interval: 600
max-listeners: 5000
listeners: ${n % 5000}
max-bandwidth: 1000000
bandwidth: ${n % 500_000}
joins: ${n}
location: 52.5,13.4
mounts: ${mounts}

${lines.join('')}`
}

const sentOf = (i: number, epoch: string | undefined) => ({
  post: { sourcelist: textOf(i), reporter: { kind: 'relay' as const }, remote: undefined, edgeUrls: [] },
  epoch,
})

/** Runs `count` calls, four at a time. */
async function calls(count: number, call: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: 4 }, caller))
}

/** What an isolate does every two seconds; returns the bytes of its news. */
async function refresh(isolate: number, servers: number): Promise<number> {
  const object = env.CLUSTER.getByName('cluster')
  const to = (d: number) => ({ id: `relay${(isolate * 37 + d * 101) % servers}`, redirects: 2, kbps: 256 })
  let sent = { deltas: Array.from({ length: deltas }, (_, d) => to(d)), counted: [] }
  let bytes = 0
  for (let isLast = false; !isLast; sent = { deltas: [], counted: [] }) {
    const news = await object.exchange(sent, versions[isolate])
    versions[isolate] = { epoch: news.epoch, change: news.change }
    bytes += news.bytes.length
    isLast = news.isLast
  }
  return bytes
}

const stay = () => (env.CLUSTER.getByName('cluster') as unknown as { stay(): Promise<void> }).stay()

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const asked = (name: string) => Number(searchParams.get(name))
    const [count, from, servers] = [asked('count'), asked('from'), asked('servers')]
    const object = env.CLUSTER.getByName('cluster')
    const id = (i: number) => (from + i) % servers
    const epoch = versions[0]?.epoch
    let bytes = 0
    if (pathname === '/ready') await object.seen()
    else if (pathname === '/stay') await stay()
    else if (pathname === '/reports')
      await calls(count, async (i) => {
        const { post } = sentOf(id(i), undefined)
        const { answer } = await object.accept(post, epoch)
        if (answer.status !== 200) throw new Error(answer.text)
      })
    else if (pathname === '/gathered')
      await calls(count / perCall, async (i) => {
        const sent = Array.from({ length: perCall }, (_, k) => sentOf(id(i * perCall + k), epoch))
        for (const { answer } of await object.acceptAll(sent))
          if (answer.status !== 200) throw new Error(answer.text)
      })
    else if (pathname === '/refreshes')
      for (let i = 0; i < count; i++) bytes += await refresh(from + i, servers)
    else return new Response('no such load', { status: 404 })
    return new Response(String(bytes))
  },
} satisfies ExportedHandler<Env>
