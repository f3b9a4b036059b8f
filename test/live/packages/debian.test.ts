import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

const shipped = '/etc/icecast2/icecast.xml'
/** Debian's user for icecast2; it owns the folder of its logs */
const user = { name: 'icecast2', group: 'icecast' }

/** `test` where Debian's file is, else skipped by name or failed in CI; skipped for all but root, who alone may read it. */
const debian = (name: string, body: () => Promise<void>) => {
  if (process.getuid?.() !== 0) return test.skip(`${name} [skipped: not root]`)
  if (existsSync(shipped)) return test(name, body)
  if (process.env.REQUIRE_PEERS !== '1') return test.skip(`${name} [skipped: no ${shipped}]`)
  return test(name, () => {
    throw new Error(`no ${shipped}, and REQUIRE_PEERS=1 asks for it`)
  })
}

const idsOf = (name: string) => {
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([login]) => login === name) ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

/** The file with its passwords set; port, folder of the logs and what else a test cannot share with the system. */
async function configured(changes: (xml: string) => string = (xml) => xml) {
  const folder = testFolder()
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  const { uid, gid } = idsOf(user.name)
  for (const path of [folder, logs]) chownSync(path, uid, gid)
  const port = await freePort()
  const file = join(folder, 'icecast.xml')
  const xml = readFileSync(shipped, 'utf8')
    .replaceAll('hackme', 'set by its operator')
    .replace('<port>8000</port>', `<port>${port}</port>`)
    .replace('/var/log/icecast2', logs)
  writeFileSync(file, changes(xml))
  return { port, file, folder, logs, uid, gid }
}

describe.for(originRuntimes)("Debian's icecast.xml on %s", (runtime) => {
  debian('runs as it is once its passwords are set: source, listener, admin, logs', async () => {
    const { port, file, logs } = await configured()
    const program = start(runtime, [originProgram, '--config', file])
    onTestFinished(() => program.stop())
    await program.line(/"ready"/)
    expect(program.output()).not.toContain('is unknown')
    const url = `http://127.0.0.1:${port}`
    const source = startSource({
      url: `${url}/live.mp3`,
      password: 'set by its operator',
      programme: numbered,
    })
    onTestFinished(() => source.close())
    const listener = await listenWhenServed(`${url}/live.mp3`)
    await eventually(() => listener.bytesHeard > 10_000)
    listener.close()
    const authorization = basic('admin', 'set by its operator')
    const stats = await fetch(`${url}/admin/stats`, { headers: { Authorization: authorization } })
    expect(await stats.text()).toContain('<source mount="/live.mp3">')
    const page = await fetch(`${url}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('access-control-allow-origin')).toBe('*')
    await eventually(() => readFileSync(join(logs, 'access.log'), 'utf8').includes('"GET /live.mp3 '))
    expect(readFileSync(join(logs, 'error.log'), 'utf8')).toContain('source begins')
  })

  debian(
    '<changeowner>: runs as another user once it listens, in all its threads, and its logs belong to that user',
    async () => {
      const owner = `<changeowner><user>${user.name}</user><group>${user.group}</group></changeowner>`
      const { port, file, folder, logs, uid, gid } = await configured((xml) =>
        xml
          .replace('</security>', `${owner}</security>`)
          .replace('</paths>', '<pidfile>icecast.pid</pidfile></paths>'),
      )
      const pidFile = join(folder, 'icecast.pid')
      writeFileSync(file, readFileSync(file, 'utf8').replace('>icecast.pid<', `>${pidFile}<`))
      const program = start(runtime, [originProgram, '--config', file, '--grace', '0'])
      onTestFinished(() => program.stop())
      await program.line(/"ready"/)
      const pid = Number(readFileSync(pidFile, 'utf8'))
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      expect(status).toMatch(new RegExp(`^Uid:\\s${uid}\\s${uid}\\s${uid}\\s${uid}$`, 'm'))
      expect(status).toMatch(new RegExp(`^Gid:\\s${gid}\\s${gid}\\s${gid}\\s${gid}$`, 'm'))
      expect(status).toMatch(new RegExp(`^Groups:\\s${gid} *$`, 'm'))
      expect(statSync(join(logs, 'error.log')).uid).toBe(uid)
      expect((await fetch(`http://127.0.0.1:${port}/status-json.xsl`)).status).toBe(200)
      program.signal('SIGHUP')
      await program.line(/configuration read again/)
      program.signal('SIGTERM')
      expect(await program.exited).toEqual({ code: 0, signal: null })
      expect(existsSync(pidFile)).toBe(false)
    },
  )

  debian('<changeowner>: a user that is not there stops the start', async () => {
    const owner = '<changeowner><user>nobody-of-that-name</user><group>nogroup</group></changeowner>'
    const { file } = await configured((xml) => xml.replace('</security>', `${owner}</security>`))
    const program = start(runtime, [originProgram, '--config', file])
    expect((await program.exited).code).toBe(1)
    expect(program.output()).toContain('<changeowner> is nobody-of-that-name:nogroup')
  })

  debian('<chroot>: is said to have no effect', async () => {
    const { file } = await configured((xml) => xml.replace('<chroot>0<', '<chroot>1<'))
    const program = start(runtime, [originProgram, '--config', file])
    onTestFinished(() => program.stop())
    await program.line(/<chroot> has no effect/)
  })
})
