import { describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { connectRaw, type RawConnection } from '../../kit/wire/raw.ts'

const openFiles = 64

/** An origin configured for 5,000 listeners on a system that lets it open few files. */
async function origin(runtime: string) {
  const port = await freePort()
  const flags = `--port ${port} --bind 127.0.0.1 --max-listeners 5000`
  const script = `ulimit -n ${openFiles}; exec ${runtime} ${originProgram} ${flags}`
  const program = start('bash', ['-c', script], {
    env: { ORIGIN_SOURCE_PASSWORD: secrets.source, ORIGIN_ADMIN_PASSWORD: secrets.admin },
  })
  onTestFinished(() => program.stop())
  await program.line(/"message":"ready"/)
  const source = startSource({
    url: `http://127.0.0.1:${port}/live.mp3`,
    password: secrets.source,
    programme: numbered,
  })
  onTestFinished(() => source.close())
  await eventually(() => source.sent > 0)
  const open = (head: string) => {
    const connection = connectRaw(port)
    onTestFinished(() => void connection.socket.destroy())
    if (head !== '') connection.send(`${head}\r\n\r\n`)
    return connection
  }
  return { program, open }
}

const listen = 'GET /live.mp3 HTTP/1.0'
const statusOf = (received: string) => received.split(' ')[1]

/** The status of the answer, undefined if closed without one. */
async function answered(connection: RawConnection): Promise<string | undefined> {
  await eventually(() => connection.received() !== '' || connection.isClosed)
  return statusOf(connection.received())
}

describe.for(originRuntimes)('an origin that may open 64 files, on %s', (runtime) => {
  test('warns at the start, accepts as many listeners as fit, and still accepts the admin', async () => {
    const { program, open } = await origin(runtime)
    expect(program.output()).toMatch(/fewer listeners than max-listeners fit[^\n]*"openFiles":64/)
    const clients = Array.from({ length: 70 }, () => open(listen))
    // of a burst that does not fit some connections are closed without an answer; none hangs
    await eventually(() => clients.every(({ received, isClosed }) => received() !== '' || isClosed))
    // refused for room, or, while the descriptors of those have not come back, for lack of one
    const refused = clients.filter(({ received }) => /^(?:403|503)$/.test(statusOf(received()) ?? ''))
    expect(refused.length).toBeGreaterThan(0)
    const served = clients.filter((client) => statusOf(client.received()) === '200')
    expect(served.length).toBeGreaterThan(5)
    expect(served.length).toBeLessThan(openFiles - 40)
    // refused clients may take two seconds to read the reason
    const statsOf = `GET /admin/stats HTTP/1.0\r\nAuthorization: ${basic('admin', secrets.admin)}`
    await eventually(async () => (await answered(open(statsOf))) === '200')
  })

  test('rejects connections for which it has no descriptor, logs that once, and accepts new ones when silent ones close', async () => {
    const { program, open } = await origin(runtime)
    const silent = Array.from({ length: 70 }, () => open(''))
    await eventually(() => silent.some(({ isClosed }) => isClosed))
    await program.line(/no descriptor for another connection/)
    await eventually(async () => (await answered(open(listen))) === '200')
    expect(program.output().split('no descriptor for another connection')).toHaveLength(2)
  })
})
