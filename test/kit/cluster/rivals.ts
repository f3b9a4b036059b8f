import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runIcecast } from '../peers/icecast.ts'
import { type StockName, shareOf, stockCommand, stockNames } from '../peers/stock.ts'
import { freePort } from '../process/ports.ts'
import { type Program, start, whenReady } from '../process/process.ts'
import { originProgram } from '../process/programs.ts'
import { type OriginRuntime, type Server, secrets } from '../process/runtimes.ts'

/** What runs from one icecast.xml: stock Icecast, and ours on a runtime. */
export type RivalName = StockName | OriginRuntime
/** Whether a rival is Icecast itself. */
export const isStock = (rival: RivalName): rival is StockName => stockNames.some((name) => name === rival)

export const rivalNames: readonly RivalName[] = ['Icecast 2.4.4', 'node', 'bun']

/** The part of the file that a comparison is about. */
export interface RivalConfig {
  /** `<mount>`, `<relay>` and other elements below `<icecast>` */
  elements?: string
  /** elements of `<limits>`; of one that stands there twice the last counts */
  limits?: string
  /** files below the webroot, by name */
  files?: Record<string, Uint8Array>
}

/** Starts a server from this configuration on a free port of 127.0.0.1; the file is the same for all of them, but for ports and folders. */
export async function startRival(rival: RivalName, config: RivalConfig): Promise<Server> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'rival-'))
  chmodSync(folder, 0o755) // Icecast will not run as root, so it is nobody who reads here
  const file = join(folder, 'icecast.xml')
  const share = shareOf(stockCommand(isStock(rival) ? rival : 'Icecast 2.4.4'))
  writeFileSync(file, printXml({ port, folder, share }, config))
  // its stylesheets, of which it makes its stats
  if (isStock(rival)) cpSync(join(share, 'web'), join(folder, 'web'), { recursive: true })
  for (const [name, bytes] of Object.entries(config.files ?? {})) {
    const path = join(folder, 'web', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  const url = `http://127.0.0.1:${port}`
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const program = await (isStock(rival) ? runStock(rival, file, url) : runOurs(rival, file, url))
    const stop = async () => {
      await program.stop()
      remove()
    }
    return { url, port, program, stop }
  } catch (problem) {
    remove()
    throw problem
  }
}

/** It refuses to be root. */
const runStock = (name: StockName, file: string, url: string) =>
  runIcecast(() => start(stockCommand(name), ['-c', file], { unprivileged: true }), url)

async function runOurs(runtime: OriginRuntime, file: string, url: string): Promise<Program> {
  const program = start(runtime, [originProgram, '--config', file])
  const answers = async () => (await fetch(`${url}/status-json.xsl`)).ok
  await whenReady(program, answers, `ours on ${runtime} did not answer at ${url}`)
  return program
}

interface Places {
  port: number
  folder: string
  /** of Icecast's own pages */
  share: string
}

const printXml = ({ port, folder, share }: Places, { elements = '', limits = '' }: RivalConfig) => `<icecast>
  <limits>
    <clients>100</clients><sources>50</sources><source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>20000</burst-size>${limits}
  </limits>
  <authentication>
    <source-password>${secrets.source}</source-password>
    <relay-password>${secrets.relay}</relay-password>
    <admin-user>admin</admin-user><admin-password>${secrets.admin}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${elements}
  <fileserve>1</fileserve>
  <paths>
    <basedir>${folder}</basedir><logdir>${folder}</logdir>
    <webroot>${join(folder, 'web')}</webroot><adminroot>${share}/admin</adminroot>
  </paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>`
