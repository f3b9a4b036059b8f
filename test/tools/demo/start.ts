/** `npm start`: runs a whole cluster as real processes, with a source, until Ctrl-C. `PORT` moves its four ports. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { eventually } from '../../kit/eventually.ts'
import { isFree } from '../../kit/ports.ts'
import { repo } from '../../kit/process.ts'
import { Children } from './children.ts'

const port = parsePort(process.env.PORT ?? '8000')
const newPassword = () => randomBytes(12).toString('base64url')
const passwords = { relay: newPassword(), admin: newPassword(), source: newPassword() }

const edge = `http://127.0.0.1:${port}`
const servers = [
  { name: 'master', url: `http://127.0.0.1:${port + 1}`, maxListeners: 100 },
  { name: 'relay1', url: `http://127.0.0.1:${port + 2}`, maxListeners: 300 },
  { name: 'relay2', url: `http://127.0.0.1:${port + 3}`, maxListeners: 900 },
] as const
const mount = '/live.mp3'

const children = new Children((name, how) => {
  console.error(`${name} ${how}; stopping the rest`)
  stop(1)
})

let exitCode: number | undefined
async function stop(code: number): Promise<void> {
  if (exitCode !== undefined) return
  exitCode = code
  await children.stop('edge') // last, since the others report to it that they are leaving
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))

function parsePort(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 65_532) return number
  console.error(
    `PORT is "${text}", expected an integer from 1 to 65532: the demo uses it and the next three ports`,
  )
  process.exit(1)
}

/** Checks the ports before anything runs: otherwise the printed URLs could lead to another running demo. */
async function refuseTakenPorts(): Promise<void> {
  for (let each = port; each < port + 4; each++) {
    if (await isFree(each)) continue
    console.error(
      `port ${each} is taken; the demo needs ${port} to ${port + 3}, or others: PORT=9000 npm start`,
    )
    process.exit(1)
  }
}

function startAll(): void {
  const script = (path: string) => join(repo, path)
  const started = (name: string, url: string, pid: number) =>
    console.log(`${name.padEnd(7)}| pid ${pid}, ${url}`)
  started('edge', edge, children.start('edge', script('edge/main.ts'), [], edgeEnvironment))
  for (const server of servers) {
    const pid = children.start(server.name, script('origin/main.ts'), flagsOf(server), originEnvironment)
    started(server.name, server.url, pid)
  }
  const url = servers[0].url + mount
  const flags = [url]
  const pid = children.start('source', script('test/tools/demo/source.ts'), flags, {
    SOURCE_PASSWORD: passwords.source,
  })
  started('source', `plays to ${url}`, pid)
}

const edgeEnvironment = {
  HOST: '127.0.0.1',
  PORT: String(port),
  DATA_DIR: ':memory:',
  LOG_LEVEL: 'warning', // a line for every request would hide the demo's own output
  RELAY_PASSWORD: passwords.relay,
  ADMIN_PASSWORD: passwords.admin,
}

const originEnvironment = {
  ORIGIN_SOURCE_PASSWORD: passwords.source,
  ORIGIN_RELAY_PASSWORD: passwords.relay,
  ORIGIN_ADMIN_PASSWORD: passwords.admin,
  ORIGIN_MASTER_PASSWORD: passwords.relay,
}

/** The master reports to the edge. A slave has the edge as its master, and learns from it where to relay from. */
function flagsOf({ name, url, maxListeners }: (typeof servers)[number]): string[] {
  const reporting =
    name === 'master' ? ['--edge', edge, '--edge-password', passwords.relay] : ['--master', edge]
  const listening = ['--port', new URL(url).port, '--bind', '127.0.0.1', '--public-url', url]
  const room = ['--max-listeners', String(maxListeners), '--update-interval', '2', '--grace', '1']
  return [...listening, '--id', name, ...room, ...reporting]
}

/** Follows a 302 of the edge and waits for the first bytes. */
async function isRedirectedToAudio(): Promise<boolean> {
  const leaving = new AbortController()
  try {
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(5000)])
    const answer = await fetch(edge + mount, { signal })
    const first = await answer.body?.getReader().read()
    return answer.ok && answer.redirected && first?.value !== undefined
  } finally {
    leaving.abort() // a stream never ends by itself
  }
}

function printGuide(): void {
  const slots = servers.map(({ name, maxListeners }) => `${name} ${maxListeners}`).join(', ')
  console.log(`
The first redirect works. Open

  ${edge}${mount}    in a browser or a player: the stream
  ${edge}/            the cluster, as the edge sees it

and try, several times:

  curl -sI ${edge}${mount}

Each answer is a 302 to one server, drawn in proportion to free slots (${slots}).

  curl -s -u admin:${passwords.admin} ${edge}/api/servers
  curl -s -u admin:${passwords.admin} -X POST ${edge}/api/servers/relay2/drain

The second takes relay2 out of the draw (undrain puts it back). Ctrl-C stops everything.
`)
}

if (process.env.npm_lifecycle_event === 'start') await import('./lifeline.ts') // only under npm, which outlives this program; a shell may exit first
await refuseTakenPorts()
startAll()
try {
  await eventually(isRedirectedToAudio, { everyMs: 200 })
  printGuide()
} catch (problem) {
  console.error(`no redirect worked within 30 s: ${problem}`)
  stop(1)
}
