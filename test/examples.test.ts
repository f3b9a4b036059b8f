import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createConfig } from '../origin/config/config.ts'
import { parseIcecastXml } from '../origin/config/xml/icecast-xml.ts'
import { example } from './kit/process/examples.ts'
import { repo } from './kit/process/process.ts'

const configOf = (xml: string) => {
  const file = parseIcecastXml(xml)
  return { config: createConfig({ flags: {}, environment: {}, file }), warnings: file.warnings }
}

interface CloudConfig {
  write_files: { path: string; content: string }[]
  runcmd: string[][]
}

test('cloud-init.yaml writes a file that makes a relay, and starts what the package brings', () => {
  const text = example('cloud-init.yaml')
  expect(text).toMatch(/^#cloud-config\n/)
  const { write_files: files, runcmd } = parse(text) as CloudConfig
  const xml = files.find(({ path }) => path === '/etc/distributary/origin.xml')?.content ?? ''
  const { config, warnings } = configOf(xml)
  expect(warnings).toEqual([])
  expect(config).toMatchObject({
    id: 'relay1',
    publicUrls: ['http://relay1.example.org:8000'],
    masters: [{ url: 'https://listen.example.org', user: 'relay', password: 'RELAY-PASSWORD' }],
    publicSlave: true,
    limits: { maxListeners: 2000, maxBandwidthKbps: 900_000 },
  })
  const unit = readFileSync(join(repo, 'deploy/systemd/distributary-origin.service'), 'utf8')
  expect(unit).toMatch(/^ExecStart=.* --config \/etc\/distributary\/origin.xml /m)
  const commands = runcmd.map((words) => words.join(' '))
  expect(commands.at(-1)).toBe('systemctl enable --now distributary-origin')
  const [, package_] = /apt-get install .* (\S+)$/.exec(commands.at(-2) ?? '') ?? []
  expect(commands.at(-3)).toContain(`-o ${package_} `)
})

test('install.md starts units that the package has', () => {
  const page = readFileSync(join(repo, 'docs/install.md'), 'utf8')
  const units = [...page.matchAll(/systemctl (?:enable --now|reload) (distributary-\w+)/g)].map(
    ([, unit]) => unit,
  )
  expect(new Set(units)).toEqual(new Set(['distributary-origin', 'distributary-edge']))
  for (const unit of new Set(units)) readFileSync(join(repo, `deploy/systemd/${unit}.service`))
})

test('an icecast.xml as AzuraCast writes it starts an origin, and warns only of what has no effect', () => {
  const { config, warnings } = configOf(readFileSync(join(repo, 'test/fixtures/azuracast.xml'), 'utf8'))
  expect(config).toMatchObject({
    port: 8010,
    limits: { maxListeners: 2500, sources: 2 },
    trustedProxies: [[expect.anything(), 32]],
    paths: { aliases: [{ source: '/', destination: '/status.xsl' }] },
  })
  const named = warnings.map(
    (warning) =>
      /^(?:line \d+: )?(?:these elements of Icecast have no effect here: )?<\w+><([\w-]+)>/.exec(
        warning,
      )?.[1],
  )
  expect(named.sort()).toEqual([
    'adminroot',
    'all-x-forwarded-for',
    'client-timeout',
    'deny-agents',
    'ssl-allowed-ciphers',
  ])
})

test('the lines of AzuraRelay make a slave of a station, or a relay of each of its mounts', () => {
  const slave = `<icecast><listen-socket><port>8010</port></listen-socket>
    <master-server>azuracast.example.org</master-server><master-server-port>8010</master-server-port>
    <master-update-interval>120</master-update-interval><master-password>pw</master-password></icecast>`
  expect(configOf(slave).config.masters).toEqual([
    { url: 'http://azuracast.example.org:8010', user: 'relay', password: 'pw' },
  ])
  const relays = `<icecast><listen-socket><port>8010</port></listen-socket>
    <relay><server>azuracast.example.org</server><port>8010</port><mount>/radio.mp3</mount><local-mount>/radio.mp3</local-mount></relay></icecast>`
  expect(configOf(relays).config.relays).toHaveLength(1)
})
