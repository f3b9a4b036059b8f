import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { ServerJson } from '../../../shared/api/json.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { isFree } from '../../kit/process/ports.ts'
import { runChild } from './child.ts'
import { Children } from './children.ts'
import { Demo } from './demo.ts'
import { startLifeline } from './lifeline.ts'
import type { DemoDraw } from './plan.ts'

/** Follows a 302 of the edge and waits for the first bytes. */
async function isRedirectedToAudio(url: string): Promise<boolean> {
  const leaving = new AbortController()
  try {
    const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(5000)])
    const answer = await fetch(url, { signal })
    const first = await answer.body?.getReader().read()
    return answer.ok && answer.redirected && first?.value !== undefined
  } finally {
    leaving.abort() // a stream never ends by itself
  }
}

/** ms that the relays get to carry the mount: some 3 s, and more on a machine that does much else */
const inDrawMs = 30_000

/** The servers that get no listeners of a mount yet. */
async function missingOf({ serversUrl, adminPassword, mount, servers }: DemoDraw): Promise<string[]> {
  const login = Buffer.from(`admin:${adminPassword}`).toString('base64')
  const answer = await fetch(serversUrl, {
    headers: { Authorization: `Basic ${login}` },
    signal: AbortSignal.timeout(5000),
  })
  const known = (await answer.json()) as ServerJson[]
  const drawn = known.filter(({ out, mounts }) => out === null && mounts.some((each) => each === mount))
  return servers.filter((id) => !drawn.some((server) => server.id === id))
}

async function untilInDraw(draw: DemoDraw): Promise<readonly string[]> {
  let missing = draw.servers
  const look = async () => {
    missing = await missingOf(draw)
    return missing.length === 0
  }
  await eventually(look, { withinMs: inDrawMs }).catch(() => false)
  return missing
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
  })

const helpText = `Usage: distributary demo

Plays a whole cluster on this machine until Ctrl-C: an edge on port 8000, a master and two relays on the next three ports, and
a source. The variable PORT moves these ports: PORT=9000.`

/** `distributary demo`, and `npm start`. */
export async function playDemo(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === 'child') return runChild(rest).then(() => 0)
  if (first !== undefined) {
    const isHelp = first === '--help' || first === '-h'
    console[isHelp ? 'log' : 'error'](
      isHelp
        ? helpText
        : `demo has no flag ${JSON.stringify(first)}; distributary demo --help says what it does`,
    )
    return isHelp ? 0 : 1
  }
  const children = new Children((name, how) => demo.lost(name, how))
  const demo = new Demo({
    isFree,
    start: (program) => children.start(program),
    untilListening: (port) => eventually(() => isListening(port)),
    untilInDraw,
    untilPlaying: (url) => eventually(() => isRedirectedToAudio(url), { everyMs: 200 }),
    stop: (last) => children.stop(last),
    print: (text) => console.log(text),
    complain: (text) => console.error(text),
    exit: (code) => process.exit(code),
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => demo.end(0))
  if (process.env.npm_lifecycle_event === 'start') startLifeline() // only under npm, which outlives this program; a shell may exit first
  const newPassword = () => randomBytes(12).toString('base64url')
  const passwords = { relay: newPassword(), admin: newPassword(), source: newPassword() }
  await demo.run(process.env.PORT ?? '8000', passwords)
  return 0
}
