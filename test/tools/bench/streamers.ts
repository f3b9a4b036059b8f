import { expecting, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startIcecast } from '../../kit/peers/icecast.ts'
import { hasStock, stockCommand } from '../../kit/peers/stock.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import {
  asPackaged,
  type OriginRuntime,
  originRuntimes,
  secrets,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'

/** the mount of the listeners, a stream of 128 kbit/s */
export const mount = '/live.mp3'

/** A server under load. */
export interface Streamer {
  /** the port that listeners connect to */
  port: number
  /** the process group whose time and memory are measured */
  group: number
  stop(): Promise<void>
}

/** The circumstances for which a server is started. */
export interface Occasion {
  /** number of listeners */
  crowd: number
  /** by TLS */
  secure: boolean
}

/** A server for the load, with a source of 128 kbit/s. */
export interface Contender {
  name: string
  /** the control sends no metadata */
  kind: 'peer' | 'origin' | 'control'
  /** undefined for other servers such as Icecast */
  runtime: OriginRuntime | undefined
  start(occasion: Occasion): Promise<Streamer>
}

/** more than any crowd */
const listenersMax = 15_000
const certificate = makeCertificate()

/** ms between two flushes of the control: the same as the origin's with this number of listeners */
const controlFlushMs = (crowd: number) => Math.min(1000, Math.max(250, crowd / 2))

/** Every available Icecast, and the control and the origin on each of these runtimes. */
export function contendersOn(runtimes: readonly string[]): Contender[] {
  const peers = peerCommands().map(
    ([name, command]): Contender => ({
      name,
      kind: 'peer',
      runtime: undefined,
      start: (occasion) => startPeer(command, occasion),
    }),
  )
  const ours = originRuntimes.filter((runtime) => runtimes.includes(runtime)).flatMap(contendersOf)
  return [...peers, ...ours]
}

const contendersOf = (runtime: OriginRuntime): Contender[] => [
  {
    name: `bare on ${runtime}`,
    kind: 'control',
    runtime,
    start: (occasion) => startBare(runtime, controlFlushMs(occasion.crowd), occasion),
  },
  {
    name: `origin on ${runtime}`,
    kind: 'origin',
    runtime,
    start: (occasion) => startMaster(runtime, occasion),
  },
]

/** The system's Icecast, 2.5.0 where `ICECAST_2_5` names it, and the one that `PEER_ICECAST` names: names and programs. */
function peerCommands(): (readonly [name: string, command: string])[] {
  const named = process.env.PEER_ICECAST
  return [
    ...(hasStock('Icecast 2.4.4') ? [['Icecast', 'icecast2'] as const] : []),
    ...(hasStock('Icecast 2.5.0') ? [['Icecast 2.5', stockCommand('Icecast 2.5.0')] as const] : []),
    ...(named ? [['PEER_ICECAST', named] as const] : []),
  ]
}

/** A server without any source yet. */
export interface Empty extends Streamer {
  /** of sources */
  password: string
}

/** Every available Icecast, and the origin on each of these runtimes, without a source. */
export function emptyOn(runtimes: readonly string[]): { name: string; start: () => Promise<Empty> }[] {
  const peers = peerCommands().map(([name, command]) => ({
    name,
    start: async (): Promise<Empty> => {
      const icecast = await startIcecast({ clients: listenersMax, sources: listenersMax, command })
      const { port, program } = icecast
      return { port, group: program.pid, password: 'source', stop: () => icecast.stop() }
    },
  }))
  const ours = originRuntimes
    .filter((runtime) => runtimes.includes(runtime))
    .map((runtime) => ({
      name: `origin on ${runtime}`,
      start: async (): Promise<Empty> => {
        const flags = ['--max-listeners', String(listenersMax)]
        const origin = await startOrigin(runtime, flags)
        const { port, program } = origin
        return { port, group: program.pid, password: secrets.source, stop: () => origin.stop() }
      },
    }))
  return [...peers, ...ours]
}

async function startMaster(runtime: OriginRuntime, { secure }: Occasion): Promise<Streamer> {
  const tlsPort = await freePort()
  const { certFile, keyFile } = certificate
  const tls = ['--tls-port', String(tlsPort), '--tls-cert', certFile, '--tls-key', keyFile]
  const flags = ['--max-listeners', String(listenersMax), ...(secure ? tls : [])]
  const origin = await startOrigin(runtime, flags)
  const port = secure ? tlsPort : origin.port
  return fed({ port, group: origin.program.pid, stop: () => origin.stop() }, origin.url, secrets.source)
}

async function startPeer(command: string, { secure }: Occasion): Promise<Streamer> {
  const icecast = await startIcecast({ clients: listenersMax, command, ...(secure && { tls: certificate }) })
  const port = icecast.tlsPort ?? icecast.port
  return fed({ port, group: icecast.program.pid, stop: () => icecast.stop() }, icecast.url, 'source')
}

/** A server that accepts, answers, and sends at this interval; with 0 it sends nothing. */
export async function startBare(
  runtime: OriginRuntime,
  flushMs: number,
  { secure }: Occasion,
): Promise<Streamer> {
  const port = await freePort()
  const files = secure ? [certificate.certFile, certificate.keyFile] : []
  const command = ['test/tools/bench/bare-send.ts', String(port), String(flushMs), ...files]
  const program = start(runtime, command, { env: asPackaged })
  await program.line(/ready/)
  return { port, group: program.pid, stop: () => program.stop() }
}

/** frames of the source, 3 s, after which a server has most of its burst */
const headStartFrames = 120

/** Plays to a server until it is stopped. */
async function fed(server: Streamer, url: string, password: string): Promise<Streamer> {
  const source = startSource({ url: url + mount, password, programme: numbered, headers: expecting })
  await eventually(() => source.sent > headStartFrames)
  return {
    ...server,
    stop: () => {
      source.close()
      return server.stop()
    },
  }
}
