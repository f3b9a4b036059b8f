import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type Program, start, whenReady } from './process.ts'
import { edgeProgram, originProgram } from './programs.ts'
import { environmentOf } from './units.ts'

export type OriginRuntime = 'node' | 'bun'
export type EdgeRuntime = OriginRuntime | 'deno' | 'workers'

export const originRuntimes: readonly OriginRuntime[] = ['node', 'bun']
export const edgeRuntimes: readonly EdgeRuntime[] = ['node', 'bun', 'deno', 'workers']

/** Credentials of every cluster under test. */
export const secrets = {
  relay: 'relay-secret',
  admin: 'admin-secret',
  source: 'source-secret',
} as const

/** A server of ours as a process of its own. */
export interface Server {
  readonly url: string
  readonly port: number
  readonly program: Program
  stop(): Promise<void>
}

/** Starts an edge on a free port and waits until it can decide. It keeps nothing unless `DATA_DIR` is given. */
export async function startEdge(runtime: EdgeRuntime, env: Record<string, string> = {}): Promise<Server> {
  const port = await freePort()
  const program = runtime === 'workers' ? await startWorkerd(port, env) : startEdgeProcess(runtime, port, env)
  return whenAnswering(`edge on ${runtime}`, port, program, '/healthz')
}

/** The same by `wrangler dev`, which bundles the worker as a deployment does, and puts a proxy of its own before it: three times the work. */
export async function startEdgeByWrangler(env: Record<string, string> = {}): Promise<Server> {
  const port = await freePort()
  return whenAnswering('edge by wrangler', port, startWrangler(port, env), '/healthz')
}

const startEdgeProcess = (runtime: 'node' | 'bun' | 'deno', port: number, env: Record<string, string>) =>
  start(runtime, runtime === 'deno' ? ['run', '-A', edgeProgram] : [edgeProgram], {
    env: { ...edgeSecrets, DATA_DIR: ':memory:', ...env, PORT: String(port), HOST: '127.0.0.1' },
  })

/** Keeps a developer's own .dev.vars out of what wrangler runs or writes. */
export const noDevVars = '--env-file=/dev/null'

/** workerd with the Durable Objects, whose storage is a folder of its own. */
async function startWorkerd(port: number, env: Record<string, string>): Promise<Program> {
  const { workerdConfig } = await import('./workerd.ts') // its bundler takes a while to load
  const config = await workerdConfig(
    mkdtempSync(join(tmpdir(), 'workers-')),
    'edge/worker.ts',
    `127.0.0.1:${port}`,
    {
      ...edgeSecrets,
      ...env,
    },
  )
  return start('workerd', ['serve', config])
}

function startWrangler(port: number, env: Record<string, string>): Program {
  const folder = mkdtempSync(join(tmpdir(), 'workers-'))
  const vars = Object.entries({ ...edgeSecrets, ...env })
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0', '--persist-to', folder]
  return start(
    'wrangler',
    [
      'dev',
      '--local',
      '--show-interactive-dev-session=false',
      ...flags,
      noDevVars,
      ...vars.flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    { env: { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' } },
  )
}

/** Servers of tests have names at which nobody answers. */
const edgeSecrets = { RELAY_PASSWORD: secrets.relay, ADMIN_PASSWORD: secrets.admin, PROBE: '0' }

/** what the packages set for an origin, which runs on Bun there */
export const asPackaged = environmentOf('distributary-origin')

/** Starts an origin on a free port and waits until it answers. All logins are enabled, with {@link secrets}. */
export async function startOrigin(
  runtime: OriginRuntime,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Server> {
  return startOriginAt(await freePort(), runtime, flags, env)
}

/** The same at a port that is known before, so that it can start there again. */
export async function startOriginAt(
  port: number,
  runtime: OriginRuntime,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Server> {
  const url = `http://127.0.0.1:${port}`
  const program = start(
    runtime,
    [originProgram, '--port', String(port), '--bind', '127.0.0.1', '--public-url', url, ...flags],
    {
      env: {
        ...asPackaged,
        ORIGIN_SOURCE_PASSWORD: secrets.source,
        ORIGIN_RELAY_PASSWORD: secrets.relay,
        ORIGIN_ADMIN_PASSWORD: secrets.admin,
        ORIGIN_MASTER_PASSWORD: secrets.relay,
        ...env,
      },
    },
  )
  return whenAnswering(`origin on ${runtime}`, port, program, '/status-json.xsl')
}

/** A slave of an edge or a master, and a master that reports to an edge, by the flags that make them so. */
export const slaveOf = (server: Pick<Server, 'url'>) => ['--master', server.url, '--update-interval', '2']
export const masterAt = (edge: Server) => [
  '--edge',
  edge.url,
  '--edge-password',
  secrets.relay,
  '--update-interval',
  '2',
]

async function whenAnswering(name: string, port: number, program: Program, path: string): Promise<Server> {
  const url = `http://127.0.0.1:${port}`
  await whenReady(
    program,
    async () => (await fetch(url + path)).ok,
    `${name} did not answer at ${url}${path}`,
  )
  return { url, port, program, stop: () => program.stop() }
}
