import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { compile } from '../../../deploy/build/binary.ts'
import { bundle } from '../../../deploy/build/bundle.ts'
import { makeDeb } from '../../../deploy/build/deb.ts'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { peer } from '../../kit/peers/peers.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { masterAt, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { commandOf } from '../../kit/process/units.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
const traces = [
  '/usr/bin/distributary',
  '/etc/distributary',
  '/etc/logrotate.d/distributary',
  '/usr/lib/systemd/system/distributary-edge.service',
  '/var/lib/distributary',
  '/var/log/distributary',
]
const present = () => traces.filter((path) => existsSync(path))
const accounts = () =>
  ['passwd', 'group'].filter((database) => /^distributary:/m.test(readFileSync(`/etc/${database}`, 'utf8')))

/** As apt does; the disk need not hold it after a power failure. */
async function dpkg(...args: string[]): Promise<void> {
  const flags = ['--force-unsafe-io', '--force-confdef', '--force-confold', ...args]
  const program = start('dpkg', flags) // meanwhile the source of this process plays on
  expect((await program.exited).code, program.output()).toBe(0)
}

/** Changes texts of a file that each have to be there once, as an admin's editor does. */
function edit(file: string, changes: Readonly<Record<string, string>>): void {
  let text = readFileSync(file, 'utf8')
  for (const [before, after] of Object.entries(changes)) {
    expect(text.split(before), `${before} in ${file}`).toHaveLength(2)
    text = text.replace(before, after)
  }
  writeFileSync(file, text)
}

/** Starts a unit's command as systemd would: its user, its folders, its one capability. */
function startUnit(unit: string): Program {
  const become = ['--reuid=distributary', '--regid=distributary', '--init-groups', '--no-new-privs']
  const bounds = ['--bounding-set=-all,+net_bind_service', '--inh-caps=-all']
  const program = start('setpriv', [...become, ...bounds, '--', 'env', '-i', ...commandOf(unit)], {
    cwd: '/',
  })
  onTestFinished(() => program.stop())
  return program
}

const packageTest = (name: string, body: () => Promise<void>) =>
  process.getuid?.() === 0
    ? peer('adduser')(name, body, 300_000)
    : test.skip(`${name} [skipped: only root can install it]`)

packageTest(
  'the Debian package installs, plays from edge to relay as its own user, keeps what its admin edited over an upgrade, and leaves nothing when it is purged',
  async () => {
    expect([present(), accounts()], 'distributary is installed on this machine already').toEqual([[], []])
    onTestFinished(() => void spawnSync('dpkg', ['--purge', '--force-unsafe-io', 'distributary']))
    const folder = testFolder()
    const binary = join(folder, 'distributary')
    compile(await bundle('distributary.mjs'), binary)
    const deb = (version: string) => {
      const out = join(folder, `${version}.deb`)
      makeDeb({ binary, architecture, version, out, epoch: 1_000_000_000, compression: 'none' })
      return out
    }
    const [first, second] = [deb('0.0.1'), deb('0.0.2')]

    await dpkg('--install', first)
    expect(present()).toEqual(traces)
    const uid = statSync('/var/lib/distributary').uid
    for (const path of ['/etc/distributary/origin.xml', '/etc/distributary/edge.env']) {
      const { mode, uid: owner, gid } = statSync(path)
      expect([mode & 0o777, owner, gid]).toEqual([0o640, 0, statSync('/var/lib/distributary').gid])
    }

    const { edge, relay, edgeUrl, relayUrl } = await playing()
    expect(readFileSync(`/proc/${relay.pid}/status`, 'utf8')).toMatch(
      new RegExp(`^Uid:\\s${uid}\\s${uid}\\s`, 'm'),
    )
    const listener = await listenWhenServed(`${edgeUrl}/live.mp3`)
    onTestFinished(() => listener.close())
    expect(listener.url).toBe(`${relayUrl}/live.mp3`)
    await eventually(() => listener.bytesHeard > 20_000)
    relay.signal('SIGHUP')
    await relay.line(/configuration read again/)
    await eventually(() => readFileSync('/var/log/distributary/error.log', 'utf8').includes('relay runs'))
    expect(existsSync('/var/lib/distributary/edge/edge.sqlite')).toBe(true)

    const edited = ['origin.xml', 'edge.env'].map((name) => readFileSync(`/etc/distributary/${name}`, 'utf8'))
    await dpkg('--install', second)
    expect(
      ['origin.xml', 'edge.env'].map((name) => readFileSync(`/etc/distributary/${name}`, 'utf8')),
    ).toEqual(edited)
    expect(statSync('/etc/distributary/edge.env').mode & 0o777).toBe(0o640)
    const heard = listener.bytesHeard
    await eventually(() => listener.bytesHeard > heard + 10_000) // the programs run on until they are restarted
    listener.close()
    const stopped = async (program: Program, signals: number) => {
      for (; signals > 0; signals--) {
        program.signal('SIGTERM')
        await program.line(/SIGTERM/)
      }
      expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
    }
    await stopped(relay, 2) // a second one ends an origin without the seconds that it gives to its deciders
    const restarted = startUnit('distributary-origin')
    await restarted.line(/open to listeners/)
    await stopped(restarted, 2)
    await stopped(edge, 1)

    await dpkg('--remove', 'distributary')
    expect(present()).toEqual([
      '/etc/distributary',
      '/etc/logrotate.d/distributary',
      '/var/lib/distributary',
      '/var/log/distributary',
    ])
    await dpkg('--purge', 'distributary')
    expect([present(), accounts()]).toEqual([[], []])
  },
)

/** An edge and a relay by the units' own command lines, once two files are edited, and a master elsewhere. */
async function playing(): Promise<{ edge: Program; relay: Program; edgeUrl: string; relayUrl: string }> {
  const [edgePort, relayPort] = [await freePort(), await freePort()]
  const [edgeUrl, relayUrl] = [`http://127.0.0.1:${edgePort}`, `http://127.0.0.1:${relayPort}`]
  edit('/etc/distributary/edge.env', {
    '\nRELAY_PASSWORD=\n': `\nRELAY_PASSWORD=${secrets.relay}\n`,
    '\nADMIN_PASSWORD=\n': `\nADMIN_PASSWORD=${secrets.admin}\n`,
    '\nHOST=::\n': '\nHOST=127.0.0.1\n',
    '\nPORT=8000\n': `\nPORT=${edgePort}\n`,
  })
  edit('/etc/distributary/origin.xml', {
    '<!--<master-server>edge.example.org</master-server>-->': '<master-server>127.0.0.1</master-server>',
    '<!--<master-server-port>8000</master-server-port>-->': `<master-server-port>${edgePort}</master-server-port>`,
    '<!--<master-password>hackme</master-password>-->': `<master-password>${secrets.relay}</master-password>`,
    '<!--<master-public-slave>1</master-public-slave>-->': '<master-public-slave>1</master-public-slave>',
    '<master-update-interval>120</master-update-interval>':
      '<master-update-interval>2</master-update-interval>',
    '<!--<public-url>http://relay1.example.org:8000</public-url>-->': `<public-url>${relayUrl}</public-url>`,
    '    <port>8000</port>\n    <!--': `    <port>${relayPort}</port>\n    <bind-address>127.0.0.1</bind-address>\n    <!--`,
  })
  const edge = startUnit('distributary-edge')
  await edge.line(/"ready"/)
  const relay = startUnit('distributary-origin')
  await relay.line(/"ready"/)
  const toEdge = { url: edgeUrl } as Server
  const master = await startOrigin('node', [...masterAt(toEdge), '--max-listeners', '0'])
  onTestFinished(() => master.stop())
  const source = startSource({ url: `${master.url}/live.mp3`, password: secrets.source, programme: numbered })
  onTestFinished(() => source.close())
  return { edge, relay, edgeUrl, relayUrl }
}
