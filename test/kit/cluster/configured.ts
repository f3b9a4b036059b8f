import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { eventually } from '../base/eventually.ts'
import { testFolder } from '../process/files.ts'
import { freePort } from '../process/ports.ts'
import { start } from '../process/process.ts'
import { originProgram } from '../process/programs.ts'
import { type OriginRuntime, type Server, secrets } from '../process/runtimes.ts'

/** An origin with an icecast.xml, which a test may change under it. */
export interface Configured extends Server {
  /** Writes other elements into the file, and waits until the server has read it again. */
  reload(elements: string): Promise<void>
}

/**
 * Starts an origin on a free port with these elements in its icecast.xml, until the test ends.
 * @param elements told the port, for those who need it
 */
export async function startConfigured(
  runtime: OriginRuntime,
  elements: string | ((port: number) => string),
): Promise<Configured> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const file = join(testFolder(), 'icecast.xml')
  writeFileSync(file, printXml(port, typeof elements === 'string' ? elements : elements(port)))
  const program = start(runtime, [originProgram, '--config', file])
  onTestFinished(() => program.stop())
  await program.line(/"ready"/)
  const reloads = () => program.output().match(/configuration read again/g)?.length ?? 0
  return {
    url,
    port,
    program,
    stop: () => program.stop(),
    async reload(others) {
      const before = reloads()
      writeFileSync(file, printXml(port, others))
      program.signal('SIGHUP')
      await eventually(() => reloads() > before)
    },
  }
}

const printXml = (port: number, elements: string) => `<icecast>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <authentication>
    <source-password>${secrets.source}</source-password>
    <relay-password>${secrets.relay}</relay-password>
    <admin-password>${secrets.admin}</admin-password>
  </authentication>
  ${elements}
</icecast>`

/** A `<relay>` block of one upstream of this machine, with further elements. */
export const relayBlock = (port: number, mount: string, further = '') =>
  `<relay><server>127.0.0.1</server><port>${port}</port><mount>${mount}</mount>${further}</relay>`

/** The elements that make a slave of a master of this machine. */
export const masterBlock = (port: number) =>
  `<master-server>127.0.0.1</master-server><master-server-port>${port}</master-server-port>
   <master-password>${secrets.relay}</master-password><master-update-interval>1</master-update-interval>`

/** An icecast.xml by which a relay keeps its listeners longer than a busy machine takes to start a master again. */
export function patientFile(): string {
  const file = join(testFolder(), 'patient.xml')
  writeFileSync(file, '<icecast><limits><source-timeout>100</source-timeout></limits></icecast>')
  return file
}
