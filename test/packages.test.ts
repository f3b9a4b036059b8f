import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, test } from 'vitest'
import { packagedEdgeEnv, packagedOriginXml } from '../deploy/build/deb.ts'
import { parseConfig } from '../edge/config.ts'
import { createConfig } from '../origin/config/config.ts'
import { parseFlags } from '../origin/config/flags.ts'
import { parseIcecastXml } from '../origin/config/xml/icecast-xml.ts'
import { peer } from './kit/peers/peers.ts'
import { testFolder } from './kit/process/files.ts'
import { repo } from './kit/process/process.ts'
import { commandOf, environmentOf, settingOf } from './kit/process/units.ts'

const units = ['distributary-origin', 'distributary-edge']

describe.for(units)('%s.service', (unit) => {
  const file = join(repo, `deploy/systemd/${unit}.service`)

  peer('systemd-analyze')(`exposes at most 2.5 of 10 by systemd's own count: ${unit}`, async () => {
    const flags = ['security', '--offline=true', '--threshold=25', '--no-pager', file]
    const { status, stdout, stderr } = spawnSync('systemd-analyze', flags, { encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
    expect(stdout).toMatch(/Overall exposure level for \S+: [\d.]+ OK/)
  })

  test('reads its settings again at a reload, restarts at any end, and has descriptors for a crowd', () => {
    expect(settingOf(unit, 'ExecReload')).toBe('/bin/kill -HUP $MAINPID')
    expect(settingOf(unit, 'Restart')).toBe('always')
    expect(Number(settingOf(unit, 'LimitNOFILE'))).toBeGreaterThanOrEqual(65_536)
  })

  test('starts a command that exists, as the user of the package', () => {
    const [program, command] = commandOf(unit)
    expect(program).toBe('/usr/bin/distributary')
    expect(unit).toBe(`distributary-${command}`)
    expect([settingOf(unit, 'User'), settingOf(unit, 'Group')]).toEqual(['distributary', 'distributary'])
  })
})

test('an origin on Bun has the same setting of its allocator in the Debian package, in the container and from a clone, unless the caller has another; Bun knows it', () => {
  const packaged = environmentOf('distributary-origin')
  const [[name = '', value] = [], ...others] = Object.entries(packaged)
  expect([name, value, others]).toEqual(['MIMALLOC_PURGE_HOLES_MIN_INTERVAL', '10000', []])
  expect(readFileSync(join(repo, 'deploy/Containerfile'), 'utf8')).toContain(`\nENV ${name}=${value}\n`)
  // Bun says which settings it knows
  const readByBun = (env: NodeJS.ProcessEnv) => {
    const { stdout, stderr } = spawnSync(join(repo, 'distributary'), ['with', 'bun', '--version'], {
      env: { PATH: process.env.PATH, MIMALLOC_VERBOSE: '1', ...env },
      encoding: 'utf8',
    })
    return /option 'purge_holes_min_interval': (\d+)/.exec(stdout + stderr)?.[1]
  }
  expect([readByBun({}), readByBun({ [name]: '200' })]).toEqual([value, '200'])
})

test('systemd waits longer for an origin than its listeners are given', () => {
  const [, , ...flags] = commandOf('distributary-origin')
  const { settings } = parseFlags(flags)
  expect(Number(settingOf('distributary-origin', 'TimeoutStopSec'))).toBeGreaterThan(
    settings.graceS ?? Infinity,
  )
})

test('the change of the unit that the docs give for a long grace is one that systemd accepts: it replaces the command', () => {
  const [change = ''] =
    /(?<=```ini\n\[Service\]\n)ExecStart=.*?(?=```)/s.exec(
      readFileSync(join(repo, 'docs/upgrade.md'), 'utf8'),
    ) ?? []
  const [none, command = '', stop] = change.split('\n')
  expect(none).toBe('ExecStart=')
  const packaged = commandOf('distributary-origin').join(' ')
  expect(command.replace('--grace 600', '--grace 10')).toBe(`ExecStart=${packaged}`)
  expect(stop).toBe('TimeoutStopSec=610')
})

describe('several origins on one machine, as the docs make them', () => {
  const section =
    readFileSync(join(repo, 'docs/running.md'), 'utf8')
      .split('## Several origins on one machine')[1]
      ?.split('\n## ')[0] ?? ''

  test('the template of the unit has files and data of each instance, and is otherwise the same', () => {
    const [, script = ''] = /^sed '(.*?)'/m.exec(section) ?? []
    const unit = join(repo, 'deploy/systemd/distributary-origin.service')
    const { stdout } = spawnSync('sed', [script, unit], { encoding: 'utf8' })
    const changed = stdout
      .split('\n')
      .filter((line, i) => line !== readFileSync(unit, 'utf8').split('\n')[i])
      .filter((line) => !line.startsWith('#'))
    expect(changed).toEqual([
      'EnvironmentFile=-/etc/distributary/%i.env',
      'ExecStart=/usr/bin/distributary origin --config /etc/distributary/%i.xml --data-dir /var/lib/distributary/%i --grace 10',
    ])
  })

  test('by flags that differ in the port, they have ids and urls of their own', () => {
    const commands = section.match(/(?<=^ORIGIN_MASTER_PASSWORD=… \.\/distributary origin ).*/gm) ?? []
    const configs = commands.map((flags) => {
      const { settings } = parseFlags(flags.split(' '))
      return createConfig({ flags: { ...settings, masterPassword: 'a' }, environment: {}, file: undefined })
    })
    expect(configs.map(({ id, publicUrls }) => [id, publicUrls])).toEqual([
      ['relay1.example.org:8000', ['http://relay1.example.org:8000']],
      ['relay1.example.org:8001', ['http://relay1.example.org:8001']],
    ])
  })
})

test.for(units)(
  'what the docs say of the packaged service is so: its user, and where it writes: %s',
  (unit) => {
    const section =
      readFileSync(join(repo, 'docs/running.md'), 'utf8')
        .split('## The packaged service')[1]
        ?.split('\n## ')[0] ?? ''
    expect(section).toContain(`run as the user \`${settingOf(unit, 'User')}\``)
    expect(settingOf(unit, 'ProtectSystem')).toBe('strict')
    const [state, logs] = [
      settingOf(unit, 'StateDirectory'),
      settingOf(unit, 'LogsDirectory') ?? 'distributary',
    ]
    expect(section).toContain(`below \`/var/lib/${state}\` and \`/var/log/${logs}\` only`)
    expect(settingOf(unit, 'ReadWritePaths')).toBeUndefined()
    expect(settingOf(unit, 'NoNewPrivileges')).toBe('yes')
  },
)

describe('the files that the package installs below /etc/distributary', () => {
  test('origin.xml is read without a warning, and writes its logs where logrotate finds them', () => {
    const file = parseIcecastXml(packagedOriginXml())
    expect(file.warnings).toEqual([])
    expect(createConfig({ flags: {}, environment: {}, file }).logging.error).toBe(
      '/var/log/distributary/error.log',
    )
    expect(readFileSync(join(repo, 'deploy/debian/logrotate'), 'utf8')).toContain(
      '\n/var/log/distributary/*.log {',
    )
  })

  test('edge.env has no password, and keeps its data where the service may write', () => {
    const environment = parseEnv(packagedEdgeEnv())
    expect(() => parseConfig(environment)).toThrow(/RELAY_PASSWORD is not set/)
    const config = parseConfig({ ...environment, RELAY_PASSWORD: 'a', ADMIN_PASSWORD: 'b' })
    expect(config.dataDir.startsWith(`/var/lib/${settingOf('distributary-edge', 'StateDirectory')}/`)).toBe(
      true,
    )
  })
})

describe('the scripts of the package', () => {
  /** Runs one of them on a machine that is all in a folder; returns the commands that it called, in order. */
  function runScript(
    script: string,
    ...args: string[]
  ): { called: string[]; folder: string; printed: string } {
    const folder = testFolder()
    const bin = join(folder, 'bin')
    for (const path of [bin, join(folder, 'run/systemd/system'), join(folder, 'etc/distributary')])
      mkdirSync(path, { recursive: true })
    for (const name of [
      'systemctl',
      'adduser',
      'deluser',
      'delgroup',
      'chown',
      'chmod',
      'getent',
      'install',
    ]) {
      const answer = name === 'getent' ? `[ -e ${folder}/user ]` : 'true'
      writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${folder}/called\n${answer}\n`)
      chmodSync(join(bin, name), 0o755)
    }
    if (args.includes('--with-user')) writeFileSync(join(folder, 'user'), '')
    writeFileSync(join(folder, 'etc/distributary/origin.env'), 'ORIGIN_SOURCE_PASSWORD=secret\n')
    const text = readFileSync(join(repo, 'deploy/debian', script), 'utf8').replace(
      /\/(?=(?:run\/systemd|etc\/distributary|var\/(?:lib|log)\/distributary)\b)/g,
      `${folder}/`,
    )
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', text, script, ...args.filter((arg) => !arg.startsWith('--'))],
      {
        env: { PATH: `${bin}:/usr/bin:/bin` },
        encoding: 'utf8',
      },
    )
    expect(status, stderr).toBe(0)
    const called = existsSync(join(folder, 'called')) ? readFileSync(join(folder, 'called'), 'utf8') : ''
    const lines = called.replaceAll(folder, '').split('\n')
    return {
      called: lines.filter((line) => line !== '' && !line.startsWith('getent')),
      folder,
      printed: stdout,
    }
  }

  test('a first install makes the user, its folders and the rights of the settings, starts nothing, and says what to do', () => {
    const { called, printed } = runScript('postinst', 'configure', '')
    expect(called).toEqual([
      'adduser --system --group --quiet --no-create-home --home /var/lib/distributary distributary',
      'install -d -m 0750 -o distributary -g distributary /var/lib/distributary',
      'install -d -m 0750 -o distributary -g distributary /var/log/distributary',
      'chown root:distributary /etc/distributary/origin.xml',
      'chmod 0640 /etc/distributary/origin.xml',
      'chown root:distributary /etc/distributary/edge.env',
      'chmod 0640 /etc/distributary/edge.env',
      'systemctl daemon-reload',
    ])
    for (const unit of units) expect(printed).toContain(`  systemctl enable --now ${unit}\n`)
  })

  test('an upgrade restarts the services that run, and leaves the rights of the settings to the admin', () => {
    const { called, printed } = runScript('postinst', 'configure', '0.0.9', '--with-user')
    expect(called.filter((line) => !line.startsWith('install'))).toEqual([
      'systemctl daemon-reload',
      'systemctl try-restart distributary-origin.service',
      'systemctl try-restart distributary-edge.service',
    ])
    expect(printed).toBe('')
    expect(runScript('prerm', 'upgrade', '0.2.0').called).toEqual([])
    expect(runScript('postrm', 'upgrade', '0.2.0').called).toEqual([])
  })

  test('a removal stops the services; only a purge deletes data, logs, the user, and passwords in origin.env', () => {
    expect(runScript('prerm', 'remove').called).toEqual([
      'systemctl disable --now distributary-origin.service distributary-edge.service',
    ])
    expect(runScript('postrm', 'remove').called).toEqual(['systemctl daemon-reload'])
    const purged = runScript('postrm', 'purge', '--with-user')
    expect(purged.called).toEqual([
      'deluser --quiet --system distributary',
      'delgroup --quiet --system distributary',
    ])
    expect(existsSync(join(purged.folder, 'etc/distributary'))).toBe(false)
  })
})
