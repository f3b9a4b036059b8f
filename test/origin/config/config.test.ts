import { describe, expect, test } from 'vitest'
import { adviceOn } from '../../../origin/config/advice.ts'
import { createConfig, type OriginConfig } from '../../../origin/config/config.ts'
import { doubtsOf } from '../../../origin/config/doubts.ts'
import { helpText, parseEnvironment, parseFlags, secretNames } from '../../../origin/config/flags.ts'
import { readConfig } from '../../../origin/config/read.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'

const fromFlags = (line: string, boundPort?: number) =>
  createConfig({ flags: parseFlags(words(line)).settings, environment: {}, file: undefined }, boundPort)
const fromFile = (inner: string, line = '', env: Record<string, string> = {}) =>
  createConfig({
    flags: parseFlags(words(line)).settings,
    environment: parseEnvironment(env),
    file: parseIcecastXml(`<icecast>${inner}</icecast>`),
  })
const plainSocket = (port: number) => ({
  port,
  bind: undefined,
  secure: false,
  protocol: 'http',
  shoutcastMount: undefined,
})
const words = (line: string) => line.split(' ').filter((word) => word !== '')
const masterInFile =
  '<master-server>192.0.2.7</master-server><master-server-port>8000</master-server-port><master-password>pw</master-password>'

describe('defaults of docs/configuration.md#the-origin-flags', () => {
  test('no settings: port 8000, IPv6 and IPv4, localhost, 256 listeners, every password disabled', () => {
    expect(fromFlags('')).toMatchObject({
      port: 8000,
      sockets: [plainSocket(8000)],
      tls: undefined,
      hostname: 'localhost',
      publicUrls: ['http://localhost:8000'],
      sourcePassword: undefined,
      relayPassword: undefined,
      adminPassword: undefined,
      masters: [],
      updateIntervalS: 10,
      onDemand: false,
      publicSlave: false,
      edges: [],
      id: 'localhost:8000',
      dataDir: undefined,
      graceMs: 5000,
    })
    expect(fromFlags('').limits).toMatchObject({
      maxListeners: 256,
      maxBandwidthKbps: undefined,
      queueBytes: 512_000,
      burst: { bytes: 65_536 },
      headerTimeoutMs: 15_000,
      sourceTimeoutMs: 10_000,
    })
  })

  test('S13: a slave that reports to nobody because its file does not set <master-public-slave> gets advice, no other server does', () => {
    const advice = (xml: string, line = '') => {
      const file = parseIcecastXml(`<icecast>${xml}</icecast>`)
      const sources = { flags: parseFlags(words(line)).settings, environment: {}, file }
      return adviceOn(sources, createConfig(sources))
    }
    expect(advice(masterInFile)).toEqual([
      expect.stringMatching(/reports to nobody.*<master-public-slave> is not set/),
    ])
    expect(advice(`${masterInFile}<master-public-slave>0</master-public-slave>`)).toEqual([])
    const named = `${masterInFile}<hostname>a.example</hostname>`
    expect(advice(`${named}<master-public-slave>1</master-public-slave>`)).toEqual([])
    expect(advice(named, '--public-slave')).toEqual([])
    expect(advice(named, '--no-public-slave')).toEqual([])
    expect(advice(named, '--edge http://e.example --edge-password pw')).toEqual([])
    expect(advice('<hostname>a.example</hostname>')).toEqual([])
    expect(advice(named, '--master http://m.example')).toEqual([])
  })

  test('S13: a slave by flag reports, a slave in a file only with <master-public-slave>', () => {
    const slave = '--master http://127.0.0.1:1 --master-password pw'
    expect(fromFlags(slave).publicSlave).toBe(true)
    expect(fromFlags(`${slave} --no-public-slave`).publicSlave).toBe(false)
    expect(fromFile(masterInFile).publicSlave).toBe(false)
    const on = `${masterInFile}<hostname>a.example</hostname><master-public-slave>1</master-public-slave>`
    expect(fromFile(on).publicSlave).toBe(true)
  })

  test("the update interval is 10 s with flags, and Icecast's 120 s with a file that does not set it", () => {
    expect(fromFlags('').updateIntervalS).toBe(10)
    expect(fromFile(masterInFile).updateIntervalS).toBe(120)
    expect(
      fromFile(`${masterInFile}<master-update-interval>20</master-update-interval>`).updateIntervalS,
    ).toBe(20)
  })

  test('port 0 becomes the port that was bound, in the public URL and the id', () => {
    expect(fromFlags('--port 0 --hostname a.example', 4711)).toMatchObject({
      port: 4711,
      publicUrls: ['http://a.example:4711'],
      id: 'a.example:4711',
    })
  })
})

describe('flags', () => {
  test('repeated flags add up, in order', () => {
    const config = fromFlags(
      '--public-url http://a.example --public-url https://a.example --master http://m1.example --master https://m2.example:8443 --master-password pw --edge http://e1.example --edge http://e2.example --edge-password e',
    )
    expect(config.publicUrls).toEqual(['http://a.example', 'https://a.example'])
    expect(config.masters).toEqual([
      { url: 'http://m1.example', user: 'relay', password: 'pw' },
      { url: 'https://m2.example:8443', user: 'relay', password: 'pw' },
    ])
    expect(config.edges).toEqual(['http://e1.example', 'http://e2.example'])
  })

  test('proxies are trusted by flag, or by each <x-forwarded-for> of a file', () => {
    const file =
      '<paths><x-forwarded-for>127.0.0.1</x-forwarded-for><x-forwarded-for>10.0.0.0/8, ::1</x-forwarded-for></paths>'
    const textOf = ({ trustedProxies }: OriginConfig) =>
      trustedProxies.map(([network, bits]) => `${network}/${bits}`)
    expect(textOf(fromFlags(''))).toEqual([])
    expect(textOf(fromFile(file))).toEqual(['127.0.0.1/32', '10.0.0.0/8', '::1/128'])
    expect(textOf(fromFile(file, '--trusted-proxies 192.0.2.1,192.0.2.2 --trusted-proxies ::1'))).toEqual([
      '192.0.2.1/32',
      '192.0.2.2/32',
      '::1/128',
    ])
  })

  test('a file trusts nobody by mistake: text that is not an address is left out, and so is the word that means everybody', () => {
    const file =
      '<icecast><paths><x-forwarded-for>proxy.local</x-forwarded-for><all-x-forwarded-for>1</all-x-forwarded-for></paths></icecast>'
    const { warnings, blocks } = parseIcecastXml(file)
    expect(blocks.paths.trustedProxies).toEqual([])
    expect(warnings).toEqual([
      expect.stringContaining('<all-x-forwarded-for> has no effect here'),
      expect.stringContaining('<x-forwarded-for> is "proxy.local", expected addresses or CIDR blocks'),
    ])
  })

  test('a value given twice counts once', () => {
    const twice = '--edge http://e.example --edge http://e.example:80/ --edge-password e --hostname a.example'
    expect(fromFlags(twice).edges).toEqual(['http://e.example'])
  })

  test('a value may begin with a minus sign', () => {
    expect(fromFlags('--location -33.9,-70.5').location).toEqual({ latitude: -33.9, longitude: -70.5 })
  })

  test('a flag overrides the environment, which overrides the file', () => {
    const file = '<authentication><source-password>file</source-password></authentication>'
    const env = { ORIGIN_SOURCE_PASSWORD: 'env' }
    expect(fromFile(file).sourcePassword).toBe('file')
    expect(fromFile(file, '', env).sourcePassword).toBe('env')
    expect(fromFile(file, '--source-password flag', env).sourcePassword).toBe('flag')
  })

  test.for(secretNames)('%s may be in a file that %s_FILE names, without the line end at its end', (name) => {
    const read = (path: string) => ({ '/run/secrets/it': 'pass word\r\n' })[path] ?? expect.fail(path)
    const environment = { [`${name}_FILE`]: '/run/secrets/it' }
    expect(Object.values(parseEnvironment(environment, read))).toEqual(['pass word'])
    expect(doubtsOf(fromFlags('--source-password x'), environment)).toEqual([])
  })

  test('a file of a secret that cannot be read, is empty, or is given in addition to the secret stops the start', () => {
    const environment = {
      ORIGIN_SOURCE_PASSWORD_FILE: '/nonexistent/secret',
      ORIGIN_RELAY_PASSWORD_FILE: '/dev/null',
      ORIGIN_ADMIN_PASSWORD: 'x',
      ORIGIN_ADMIN_PASSWORD_FILE: '/dev/null',
    }
    expect(() => parseEnvironment(environment)).toThrow(
      /^cannot read the secret of ORIGIN_SOURCE_PASSWORD_FILE "\/nonexistent\/secret": ENOENT.*\ncannot read the secret of ORIGIN_RELAY_PASSWORD_FILE "\/dev\/null": it is empty\nORIGIN_ADMIN_PASSWORD and ORIGIN_ADMIN_PASSWORD_FILE are both set, expected one of them$/,
    )
  })

  test('--max-listeners 0 is a master without listeners; bandwidth has the units of icecast-kh', () => {
    expect(fromFlags('--max-listeners 0').limits.maxListeners).toBe(0)
    expect(fromFlags('--max-bandwidth 1000').limits.maxBandwidthKbps).toBe(1000)
    expect(fromFlags('--max-bandwidth 800k').limits.maxBandwidthKbps).toBe(800)
    expect(fromFlags('--max-bandwidth 10m').limits.maxBandwidthKbps).toBe(10_000)
  })

  test.each([
    ['--port 65536', '--port is "65536", expected an integer from 0 to 65535'],
    ['--port', /--port/],
    ['--update-interval 0', '--update-interval is "0", expected an integer from 1 to 3600'],
    ['--max-listeners -1', /--max-listeners is "-1", expected an integer from 0/],
    ['--public-url http://a.example/path?q', /--public-url is "http:\/\/a.example\/path\?q", expected http/],
    ['--trusted-proxies proxy', /--trusted-proxies is "proxy", expected addresses or CIDR blocks/],
    ['--edge http://a.example/path', /--edge is "http:\/\/a.example\/path", expected http/],
    ['--location 91,0', /--location is "91,0", expected/],
    ['--nonsense', /--nonsense/],
    ['stray', /stray/],
    ['--public-slave --no-public-slave', /exclude each other/],
    ['--tls-port 1', /--tls-cert/],
    ['--master http://127.0.0.1:1', /--master-password/],
    ['--edge http://127.0.0.1:1', /--edge-password/],
    ['--config', /--config/],
  ])('%s stops the start and says why', (line, message) => {
    expect(() => fromFlags(line)).toThrow(message)
  })

  test('a secret never appears in a message', () => {
    expect(() => parseFlags(['--source-password', ''])).toThrow('--source-password is not usable')
  })

  test('a server with a loopback public URL can report to loopback only; else the error names the flag', () => {
    const slave = '--master-password pw --master'
    expect(fromFlags(`${slave} http://127.0.0.1:8000`).publicUrls).toEqual(['http://localhost:8000'])
    expect(() => fromFlags(`${slave} http://m.example`)).toThrow('--public-url')
    expect(() => fromFlags(`${slave} http://m.example --public-url http://0.0.0.0:8000`)).toThrow(
      '--public-url',
    )
    expect(() => fromFlags('--edge http://e.example --edge-password e')).toThrow('--public-url')
    expect(fromFlags(`${slave} http://m.example --no-public-slave`).publicSlave).toBe(false)
    expect(fromFlags(`${slave} http://m.example --hostname a.example`).publicSlave).toBe(true)
  })

  test('the help names every secret that the environment may hold', () => {
    for (const name of ['SOURCE', 'RELAY', 'ADMIN', 'MASTER', 'EDGE'])
      expect(helpText()).toContain(`ORIGIN_${name}_PASSWORD`)
  })
})

describe('icecast.xml', () => {
  test('limits/clients is the default of max-listeners', () => {
    expect(fromFile('<limits><clients>100</clients></limits>').limits.maxListeners).toBe(100)
    const both = '<limits><clients>100</clients><max-listeners>7</max-listeners></limits>'
    expect(fromFile(both).limits.maxListeners).toBe(7)
    expect(fromFile(both, '--max-listeners 3').limits.maxListeners).toBe(3)
  })

  test('burst-on-connect 0 turns the burst off', () => {
    expect(fromFile('<limits><burst-on-connect>0</burst-on-connect></limits>').limits.burst).toEqual({
      bytes: 0,
    })
  })

  test('a slave by master-server, with TLS by our master-ssl, and our other elements', () => {
    const config = fromFile(
      `${masterInFile}<master-ssl>1</master-ssl><relays-on-demand>1</relays-on-demand>
       <public-url>http://a.example:8000</public-url><public-url>https://a.example</public-url>
       <edge>https://e.example</edge><edge-password>e</edge-password>
       <server-key>relay1</server-key><geo-location>52.5,13.4</geo-location>`,
    )
    expect(config).toMatchObject({
      masters: [{ url: 'https://192.0.2.7:8000', user: 'relay', password: 'pw' }],
      onDemand: true,
      publicUrls: ['http://a.example:8000', 'https://a.example'],
      edges: ['https://e.example'],
      id: 'relay1',
      location: { latitude: 52.5, longitude: 13.4 },
    })
  })

  test('an unknown element has no effect and is named with its line; elements of Icecast that we do not use are named once', () => {
    const { settings, warnings } = parseIcecastXml(
      '<icecast>\n<hostnme>a</hostnme>\n<limits>\n<cleints>1</cleints><client-timeout>30</client-timeout></limits></icecast>',
    )
    expect(settings).toEqual({})
    expect(warnings).toEqual([
      'line 2: <hostnme> is unknown and has no effect',
      'line 4: <limits><cleints> is unknown and has no effect',
      'these elements of Icecast have no effect here: <limits><client-timeout>',
    ])
  })

  test.each([
    [
      '<public-url>http://a.example/path#x</public-url>',
      '<public-url> is "http://a.example/path#x", expected http',
    ],
    ['<edge>e.example</edge>', '<edge> is "e.example"'],
    ['<geo-location>here</geo-location>', '<geo-location> is "here", expected'],
    ['<server-key>a key</server-key>', '<server-key> is "a key"'],
    ['<hostname>', /line 1/],
  ])('%s stops the start: Icecast has no such element, so no existing file contains it', (inner, message) => {
    expect(() => fromFile(inner)).toThrow(message)
  })

  test('an empty element counts as unset, as in Icecast', () => {
    expect(fromFile('<hostname></hostname><limits><clients/></limits>').hostname).toBe('localhost')
  })

  test('entities: those of XML are read, external ones are rejected, a bomb does not expand', () => {
    const password = (text: string) =>
      fromFile(`<authentication><source-password>${text}</source-password></authentication>`).sourcePassword
    expect(password('a&amp;b&#64;c')).toBe('a&b@c')
    const outside = '<!DOCTYPE icecast [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    expect(() => parseIcecastXml(`${outside}<icecast><hostname>&x;</hostname></icecast>`)).toThrow(
      /external/i,
    )
    const levels = 'abcdefghij'.split('')
    const bomb = levels
      .map((name, i) => `<!ENTITY ${name} "${i === 0 ? 'ha' : `&${levels[i - 1]};`.repeat(10)}">`)
      .join('')
    const text = `<!DOCTYPE icecast [${bomb}]><icecast><admin>${'&j;'.repeat(500)}</admin></icecast>`
    let size = 0
    try {
      size = parseIcecastXml(text).settings.serverAdmin?.length ?? 0
    } catch {}
    expect(size).toBeLessThan(200_000)
  })

  test('a file that cannot be read is named with the flag', () => {
    expect(() => readConfig({ configFile: '/nonexistent/icecast.xml', settings: {} }, {})).toThrow(
      'cannot read --config "/nonexistent/icecast.xml": ENOENT',
    )
  })

  test('a file that is not XML, or not an icecast.xml, says so', () => {
    expect(() => parseIcecastXml('port = 8000')).toThrow(/line 1/)
    expect(() => parseIcecastXml('<config/>')).toThrow('the root element is <config>, expected one <icecast>')
  })
})
