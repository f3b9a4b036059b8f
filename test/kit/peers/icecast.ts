import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../base/eventually.ts'
import { freePort } from '../process/ports.ts'
import { type Program, start } from '../process/process.ts'
import type { Certificate } from '../process/tls.ts'
import { shareOf } from './stock.ts'

/** A stock Icecast under test; stopping it removes its folder. */
export interface Icecast {
  readonly url: string
  readonly port: number
  /** of the socket by TLS, where one was asked for */
  readonly tlsPort: number | undefined
  /** the one that runs now */
  readonly program: Program
  /** what all of them have printed, where it crashed and runs again */
  output(): string
  stop(): Promise<void>
}

export interface IcecastOptions {
  /** sources at most; 10 where none is named */
  sources?: number
  sourcePassword?: string
  relayPassword?: string
  adminPassword?: string
  /** connections at most */
  clients?: number
  /** the program; the system's where none is named */
  command?: string
  /** a second socket, by TLS with this certificate */
  tls?: Certificate
  /** makes it a slave: where it polls `streamlist.txt`, by plain HTTP */
  master?: { port: number; password: string; updateIntervalS: number }
}

/** Starts the system's Icecast on a free port of 127.0.0.1 and waits until it answers; it runs again where it crashes. */
export async function startIcecast(options: IcecastOptions = {}): Promise<Icecast> {
  const { command = 'icecast2', tls } = options
  const port = await freePort()
  const tlsPort = tls && (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'icecast-'))
  const file = icecastFile(port, folder, options, tlsPort)
  const url = `http://127.0.0.1:${port}`
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const kept = await keepIcecast(() => start(command, ['-c', file]), url)
    return {
      url,
      port,
      tlsPort,
      get program() {
        return kept.program
      },
      output: kept.output,
      async stop() {
        await kept.stop('SIGKILL')
        remove()
      },
    }
  } catch (problem) {
    remove()
    throw problem
  }
}

/** Writes its configuration, and what that needs, to a folder. @returns the file */
export function icecastFile(port: number, folder: string, options: IcecastOptions, tlsPort?: number): string {
  const { tls } = options
  const file = join(folder, 'icecast.xml')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, icecastXml(port, folder, options, tlsPort))
  if (tls) {
    writeFileSync(
      pemIn(folder),
      `${readFileSync(tls.certFile)}
${readFileSync(tls.keyFile)}`,
    )
    chmodSync(folder, 0o755) // it reads the certificate as the user that it has become
  }
  return file
}

/** starts of Icecast until one lasts: where others ask it while it starts, one of sixty does not */
const attemptsMax = 4

/** what it logs once requests are safe; 2.4.4 loses lines that two threads log at once, and logs the second one later */
const statsReady = /stats thread started|get_ssl_certificate/
/** ms to wait for such a line, for one answer, and until it has answered: one that has hung at its start is started again in time */
const lineMs = 5000
const answerMs = 5000
const startMs = 20_000

/**
 * Starts Icecast and waits until it tells its stats. A request that it gets before its thread for stats has started may crash it
 * (seen with 2.4.4 and 2.5.0), so nothing is asked before its log says that. A source or relay that comes back may still be too early:
 * then it is started again.
 */
export async function runIcecast(begin: () => Program, url: string): Promise<Program> {
  const told = async () => {
    const answer = await fetch(`${url}/status-json.xsl`, { signal: AbortSignal.timeout(answerMs) })
    return (await answer.text()).includes('icestats')
  }
  for (let attempt = 1; ; attempt++) {
    const program = begin()
    await program.line(statsReady, lineMs).catch(() => undefined)
    const runs = await eventually(async () => program.isGone || (await told()), { withinMs: startMs }).catch(
      () => false,
    )
    if (runs && !program.isGone) return program
    await program.stop()
    if (attempt === attemptsMax) throw new Error(`Icecast did not answer at ${url}:\n${program.output()}`)
  }
}

/** An Icecast that is started again where it crashes. */
interface KeptIcecast {
  readonly program: Program
  output(): string
  /** Ends it by a signal, and waits until it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>
}

/** times that one Icecast may crash */
const crashesMax = 4

/**
 * Runs Icecast as a service manager does: encoders and relays that come to it while it starts crash it now and then, also after it
 * has answered. Without that, a test would wait for a mount of a server that is gone.
 */
export async function keepIcecast(begin: () => Program, url: string): Promise<KeptIcecast> {
  const ended: string[] = []
  let isWanted = true
  let program = await runIcecast(begin, url)
  let coming: Promise<unknown> = Promise.resolve()
  const keep = () => {
    const kept = program
    kept.exited.then(({ code, signal }) => {
      ended.push(`${kept.output()}\nexited: ${signal ?? code}`)
      if (isWanted && ended.length < crashesMax) coming = runAgain()
    })
  }
  const runAgain = async () => {
    try {
      program = await runIcecast(begin, url)
      keep()
    } catch (problem) {
      ended.push(String(problem))
    }
  }
  keep()
  return {
    get program() {
      return program
    },
    output: () => [...ended, program.output()].join('\nonce more:\n'),
    async stop(signal) {
      isWanted = false
      await coming
      program.kill(signal)
      await program.exited
    },
  }
}

/** certificate and key in one file, as Icecast wants them */
const pemIn = (folder: string) => join(folder, 'icecast.pem')

function icecastXml(port: number, folder: string, options: IcecastOptions, tlsPort?: number): string {
  const {
    sourcePassword = 'source',
    relayPassword = 'relay',
    adminPassword = 'admin',
    clients = 100,
    sources = 10,
    master,
    command = 'icecast2',
  } = options
  const share = shareOf(command)
  // Icecast refuses to run as root, and drops to this user where it is told to (its log goes to stderr, so it needs no folder).
  const security =
    process.getuid?.() === 0 ? '<changeowner><user>nobody</user><group>nogroup</group></changeowner>' : ''
  const slave = master
    ? `<master-server>127.0.0.1</master-server>
       <master-server-port>${master.port}</master-server-port>
       <master-update-interval>${master.updateIntervalS}</master-update-interval>
       <master-password>${master.password}</master-password>`
    : ''
  const secure = tlsPort
    ? `<listen-socket><port>${tlsPort}</port><bind-address>127.0.0.1</bind-address><ssl>1</ssl></listen-socket>`
    : ''
  return `<icecast>
  <limits><clients>${clients}</clients><sources>${sources}</sources></limits>
  <authentication>
    <source-password>${sourcePassword}</source-password>
    <relay-password>${relayPassword}</relay-password>
    <admin-user>admin</admin-user><admin-password>${adminPassword}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${secure}
  ${slave}
  <paths>
    <basedir>${folder}</basedir><logdir>${folder}</logdir>
    <webroot>${share}/web</webroot><adminroot>${share}/admin</adminroot>
    ${tlsPort ? `<ssl-certificate>${pemIn(folder)}</ssl-certificate>` : ''}
  </paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot>${security}</security>
</icecast>`
}
