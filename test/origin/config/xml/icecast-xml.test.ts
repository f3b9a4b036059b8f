import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../../origin/config/config.ts'
import { parseEnvironment, parseFlags } from '../../../../origin/config/flags.ts'
import { mountSettings } from '../../../../origin/config/mount-settings.ts'
import { parseIcecastXml } from '../../../../origin/config/xml/icecast-xml.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

const read = (inner: string, flags: readonly string[] = [], env: Record<string, string> = {}) =>
  createConfig({
    flags: parseFlags(flags).settings,
    environment: parseEnvironment(env),
    file: parseIcecastXml(`<icecast>${inner}</icecast>`),
  })
const warningsOf = (inner: string) => parseIcecastXml(`<icecast>\n${inner}</icecast>`).warnings

describe('docs/icecast.md#global-settings: the blocks of icecast.xml keep their meaning', () => {
  test('a file of many mounts may have thousands of escaped characters', () => {
    const mount = (n: number) =>
      `<mount><mount-name>/${n}</mount-name><stream-name>a &amp; b &lt;${n}&gt;</stream-name></mount>`
    const config = read(Array.from({ length: 400 }, (_, n) => mount(n)).join(''))
    expect(mountSettings(config, mountOf('/399')).stream.name).toBe('a & b <399>')
  })

  test('a <mount> by its name, over type="default"; <authentication> is not inherited', () => {
    const config = read(`
      <mount type="default">
        <max-listeners>50</max-listeners><intro>/hello.mp3</intro>
        <authentication type="url"><option name="listener_add" value="http://a.example/add"/></authentication>
        <http-headers><header name="X-All" value="1"/></http-headers>
      </mount>
      <mount type="normal">
        <mount-name>/live.mp3</mount-name><username>dj</username><password>pw</password><max-listeners>-1</max-listeners>
        <fallback-mount>/backup.mp3</fallback-mount><fallback-override>1</fallback-override>
        <burst-size>5s</burst-size><queue-size>1m</queue-size><source-timeout>20</source-timeout>
        <http-headers><header name="X-Live" value="2" status="2*"/></http-headers>
      </mount>`)
    expect(mountSettings(config, mountOf('/live.mp3'))).toMatchObject({
      sourceUser: 'dj',
      sourcePassword: 'pw',
      maxListeners: null,
      intro: '/hello.mp3',
      fallback: { mount: '/backup.mp3', override: 'all', whenFull: false },
      burst: { seconds: 5 },
      queueBytes: 1_048_576,
      sourceTimeoutMs: 20_000,
      auth: undefined,
      metaintBytes: 16_000,
      headers: [
        { name: 'X-All', value: '1', status: undefined },
        { name: 'X-Live', value: '2', status: '2*' },
      ],
    })
    expect(mountSettings(config, mountOf('/other.mp3'))).toMatchObject({
      sourceUser: 'source',
      sourcePassword: undefined,
      maxListeners: 50,
      fallback: undefined,
      auth: { type: 'url', listenerAdd: 'http://a.example/add', authHeader: 'icecast-auth-user: 1' },
    })
    expect(config.mounts.known).toEqual(['/live.mp3'])
  })

  test.each([
    ['/a/*.mp3', '/a/b/c.mp3', true],
    ['/a/*.mp3', '/a/b.ogg', false],
    ['/ch?.mp3', '/ch1.mp3', true],
    ['/ch?.mp3', '/ch10.mp3', false],
    ['/ch[1-3].mp3', '/ch2.mp3', true],
    ['/ch[!1-3].mp3', '/ch2.mp3', false],
    ['/a.b*', '/axb', false],
    ['/*(1)+$', '/x(1)+$', true],
    ['/ch[!1-3^]', '/ch^', false],
    ['/*-*.mp3', '/a-b-c.mp3', true],
    ['/*ab', '/aab', true],
    ['/*ab*', '/ab', true],
    ['/?', '/%F0%9F%93%BB', true],
    ['/a[b', '/a[b', true],
    ['/[[[a-c]x', '/bx', true],
    ['/a[b]c[d', '/abc[d', true],
    // seconds for a regular expression, and minutes with one star more
    ['/*-*-*-*-*.mp3', `/${'-'.repeat(250)}`, false],
  ])('the wildcard %s of %s: %s', (pattern, name, hit) => {
    const config = read(`<mount><mount-name>${pattern}</mount-name><hidden>1</hidden></mount>`)
    expect(mountSettings(config, mountOf(name)).hidden).toBe(hit)
  })

  test('of several wildcards the first counts, and an exact name comes before all', () => {
    const of = (name: string, limit: number) =>
      `<mount><mount-name>${name}</mount-name><max-listeners>${limit}</max-listeners></mount>`
    const config = read(of('/*', 1) + of('/a*', 2) + of('/abc', 3))
    const limit = (name: string) => mountSettings(config, mountOf(name)).maxListeners
    expect([limit('/abc'), limit('/abd'), limit('/x')]).toEqual([3, 1, 1])
  })

  test("2.5's words of a mount: none, all, own, allow-direct-access, icy-metadata-interval", () => {
    const override = (word: string) =>
      mountSettings(
        read(
          `<mount><mount-name>/m</mount-name><fallback-mount>/f</fallback-mount><fallback-override>${word}</fallback-override></mount>`,
        ),
        mountOf('/m'),
      ).fallback?.override
    expect(['none', 'all', 'own', '0', '1'].map(override)).toEqual(['none', 'all', 'own', 'none', 'all'])
    const config = read(
      '<mount><mount-name>/m</mount-name><allow-direct-access>0</allow-direct-access><icy-metadata-interval>8192</icy-metadata-interval></mount>',
    )
    expect(mountSettings(config, mountOf('/m'))).toMatchObject({ noMount: true, metaintBytes: 8192 })
  })

  test('authentication: htpasswd with its options, and the first role of that kind in 2.5', () => {
    const auth = (inner: string) =>
      mountSettings(read(`<mount><mount-name>/m</mount-name>${inner}</mount>`), mountOf('/m')).auth
    expect(
      auth(
        '<authentication type="htpasswd"><option name="filename" value="/etc/users"/><option name="allow_duplicate_users" value="1"/></authentication>',
      ),
    ).toEqual({ type: 'htpasswd', file: '/etc/users', allowDuplicateUsers: true })
    expect(
      auth(
        '<authentication><role type="url"><option name="client_add" value="http://a.example/"/><option name="headers" value="X-Token, Cookie"/></role></authentication>',
      ),
    ).toMatchObject({ type: 'url', listenerAdd: 'http://a.example/', headers: ['x-token', 'cookie'] })
  })

  test('a relay of 2.4, with several hosts of icecast-kh by priority, with upstreams of 2.5', () => {
    const [plain, hosts, upstreams] = read(`
      <relay><server>192.0.2.1</server><port>8001</port><mount>/a.ogg</mount><local-mount>/b.ogg</local-mount>
        <username>joe</username><password>soap</password><relay-shoutcast-metadata>0</relay-shoutcast-metadata>
        <on-demand>1</on-demand></relay>
      <relay><local-mount>/c.mp3</local-mount><port>8000</port><mount>/c.mp3</mount><retry-delay>30</retry-delay>
        <host priority="2"><ip>192.0.2.3</ip></host><host priority="1"><ip>192.0.2.2</ip><port>9000</port></host></relay>
      <relay><local-mount>/d.mp3</local-mount>
        <upstream type="normal"><server>m1.example</server><port>443</port><ssl>1</ssl><mount>/;</mount></upstream></relay>`).relays
    expect(plain).toMatchObject({ mount: '/b.ogg', icy: false, onDemand: true })
    expect(plain?.upstreams).toEqual([
      { url: new URL('http://192.0.2.1:8001/a.ogg'), user: 'joe', password: 'soap' },
    ])
    expect(hosts?.upstreams.map(({ url }) => url.href)).toEqual([
      'http://192.0.2.2:9000/c.mp3',
      'http://192.0.2.3:8000/c.mp3',
    ])
    expect(hosts).toMatchObject({ retryDelayMs: 30_000, onDemand: undefined, icy: true })
    expect(upstreams?.upstreams.map(({ url }) => url.href)).toEqual(['https://m1.example/;'])
  })

  test('master-server repeated: each begins another master, which inherits missing elements from the one before', () => {
    const { masters } = read(`
      <master-password>pw</master-password>
      <master-server>192.0.2.1</master-server><master-server-port>8000</master-server-port>
      <master-server>m2.example</master-server><master-ssl>1</master-ssl><master-username>two</master-username>
      <master-server>m3.example</master-server><master-server-port>8100</master-server-port><master-ssl>0</master-ssl>`)
    expect(masters).toEqual([
      { url: 'http://192.0.2.1:8000', user: 'relay', password: 'pw' },
      { url: 'https://m2.example:8000', user: 'two', password: 'pw' },
      { url: 'http://m3.example:8100', user: 'two', password: 'pw' },
    ])
  })

  test('listen-sockets: several, with TLS, and with the port after it for Shoutcast sources', () => {
    const { sockets, tls, port, publicUrls } = read(`
      <hostname>a.example</hostname>
      <listen-socket><port>8010</port><bind-address>127.0.0.1</bind-address><shoutcast-mount>/sc</shoutcast-mount></listen-socket>
      <listen-socket><port>8443</port><ssl>1</ssl></listen-socket>
      <listen-socket><port>8020</port><shoutcast-compat>1</shoutcast-compat></listen-socket>
      <paths><ssl-certificate>/etc/cert.pem</ssl-certificate></paths>`)
    expect(sockets).toEqual([
      {
        port: 8010,
        bind: '127.0.0.1',
        secure: false,
        protocol: 'http',
        shoutcastMount: '/sc',
        fromFile: true,
      },
      {
        port: 8011,
        bind: '127.0.0.1',
        secure: false,
        protocol: 'shoutcast',
        shoutcastMount: '/sc',
        fromFile: true,
      },
      {
        port: 8020,
        bind: undefined,
        secure: false,
        protocol: 'shoutcast',
        shoutcastMount: '/stream',
        fromFile: true,
      },
      {
        port: 8443,
        bind: undefined,
        secure: true,
        protocol: 'http',
        shoutcastMount: undefined,
        fromFile: true,
      },
    ])
    expect(tls).toEqual({ certFile: '/etc/cert.pem', keyFile: '/etc/cert.pem' })
    expect({ port, publicUrls }).toEqual({ port: 8010, publicUrls: ['http://a.example:8010'] })
  })

  test('a port at the root, as in files of Icecast 2.0, counts if there is no listen-socket', () => {
    const root = '<port>8010</port><bind-address>127.0.0.1</bind-address>'
    expect(read(root).sockets).toMatchObject([{ port: 8010, bind: '127.0.0.1', secure: false }])
    expect(warningsOf(root)).toEqual([])
    const beside = `${root}<listen-socket><port>8020</port></listen-socket>`
    expect(read(beside).sockets.map(({ port }) => port)).toEqual([8020])
    expect(warningsOf(beside)).toContain('line 2: <port> is unknown and has no effect')
  })

  test('a socket given twice is bound once, and a warning names the second', () => {
    const socket = '<listen-socket><port>8010</port><bind-address>127.0.0.1</bind-address></listen-socket>'
    const warnings: string[] = []
    const file = parseIcecastXml(`<icecast>${socket}${socket}</icecast>`)
    const { sockets } = createConfig({ flags: {}, environment: {}, file }, undefined, (text) =>
      warnings.push(text),
    )
    expect(sockets.map(({ port }) => port)).toEqual([8010])
    expect(warnings).toEqual([
      '<listen-socket><port> 8010 is given twice at 127.0.0.1, expected once; the second is left out',
    ])
  })

  test("flags replace the file's sockets of their kind", () => {
    const file =
      '<listen-socket><port>8010</port></listen-socket><listen-socket><port>8020</port></listen-socket>'
    expect(read(file, ['--port', '9000']).sockets.map(({ port }) => port)).toEqual([9000])
    expect(read(file, ['--bind', '127.0.0.1']).sockets).toMatchObject([{ port: 8010, bind: '127.0.0.1' }])
    const tls = ['--tls-port', '8443', '--tls-cert', 'c', '--tls-key', 'k']
    expect(read(file, tls).sockets.map(({ port }) => port)).toEqual([8010, 8020, 8443])
  })

  test('log files are in logdir; without it there are none; addresses can be hidden', () => {
    expect(read('<logging><accesslog>a.log</accesslog></logging>').logging.access).toBeUndefined()
    const { logging } = read(
      '<paths><logdir>/var/log/x</logdir></paths><logging><accesslog>a.log</accesslog><errorlog>-</errorlog><loglevel>4</loglevel><logsize>10</logsize><log-addresses>cut</log-addresses></logging>',
    )
    expect(logging).toEqual({
      access: '/var/log/x/a.log',
      error: '-',
      playlist: undefined,
      level: 'debug',
      sizeBytes: 10_240,
      archive: false,
      addresses: 'cut',
    })
  })

  test('directories of 2.4 and 2.5, aliases, webroot, and the user and group to change to', () => {
    const config = read(`
      <directory><yp-url-timeout>15</yp-url-timeout><yp-url>http://dir.example/yp</yp-url></directory>
      <yp-directory url="https://dir2.example/"><option name="touch-interval" value="600"/></yp-directory>
      <paths><basedir>/usr/share/x</basedir><webroot>web</webroot><deny-ip>/etc/deny</deny-ip>
        <alias source="/foo" destination="/bar" port="8000"/><alias source="/" dest="/status.xsl"/></paths>
      <security><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>`)
    expect(config.directories).toEqual([
      { url: 'http://dir.example/yp', timeoutMs: 15_000, touchMs: 30_000 },
      { url: 'https://dir2.example/', timeoutMs: 6000, touchMs: 600_000 },
    ])
    expect(config.paths).toMatchObject({
      webroot: '/usr/share/x/web',
      denyIp: '/etc/deny',
      aliases: [
        { source: '/foo', destination: '/bar', port: 8000, bind: undefined },
        { source: '/', destination: '/status.xsl', port: undefined, bind: undefined },
      ],
    })
    expect(config.owner).toEqual({ user: 'nobody', group: 'nogroup' })
  })

  test('a mount in use keeps its settings object while thousands of unknown names are looked up', () => {
    const config = read('<mount><mount-name>/live</mount-name><intro>/hello.mp3</intro></mount>')
    const live = mountSettings(config, mountOf('/live'))
    for (let i = 0; i < 5000; i++) {
      mountSettings(config, mountOf(`/none-${i}`))
      if (i % 100 === 0) expect(mountSettings(config, mountOf('/live'))).toBe(live)
    }
  })

  test('an alias may contain characters that a URL escapes', () => {
    const config = read('<paths><alias source="/my radio" destination="/über uns.mp3"/></paths>')
    const [alias] = config.paths.aliases
    expect(alias).toMatchObject({ source: '/my%20radio', destination: '/%C3%BCber%20uns.mp3' })
  })

  test('a value with a line break does not begin another header', () => {
    const config = read(
      '<mount><mount-name>/m</mount-name><stream-name>My\n    X-Evil: yes</stream-name></mount>',
    )
    expect(mountSettings(config, mountOf('/m')).stream.name).toBe('My X-Evil: yes')
  })

  test('an unknown element within a block warns with its line and name', () => {
    expect(
      warningsOf(
        '<mount>\n<mount-name>/m</mount-name>\n<max-listenrs>1</max-listenrs><cluster-password>x</cluster-password></mount>',
      ),
    ).toEqual([
      'line 4: <mount><max-listenrs> is unknown and has no effect',
      'line 4: <mount><cluster-password> has no effect here',
    ])
  })
})

describe('a wrong value is a warning with line, element, value and what is allowed', () => {
  test.each([
    [
      '<mount>\n<mount-name>/m</mount-name><max-listeners>many</max-listeners></mount>',
      'line 3: <mount><max-listeners> is "many", expected an integer from -1 to 1000000',
    ],
    ['<mount/>', 'line 2: <mount> has no <mount-name>'],
    [
      '<mount><mount-name>live</mount-name></mount>',
      '<mount><mount-name> is "live", expected the name of a mount',
    ],
    [
      '<mount><mount-name>/m</mount-name><fallback-override>2</fallback-override></mount>',
      '<fallback-override> is "2", expected 0, 1, none, all or own',
    ],
    [
      '<mount><mount-name>/m</mount-name><burst-size>999s</burst-size></mount>',
      '<burst-size> is "999s", expected an integer from 0 to 16777216 (bytes), or seconds',
    ],
    [
      '<mount><mount-name>/m</mount-name><authentication type="magic"/></mount>',
      '<authentication type> is "magic", expected htpasswd or url',
    ],
    ['<mount><mount-name>/m</mount-name><authentication type="htpasswd"/></mount>', 'names no file'],
    ['<relay><server>a.example</server><mount>/m</mount></relay>', '<relay> has no <port>'],
    ['<http-headers><header name="a b" value="c"/></http-headers>', '<header name> is "a b"'],
    ['<http-headers><header name="a" value="b&#10;c: d"/></http-headers>', '<header value>'],
    [
      '<directory><yp-url>dir.example</yp-url></directory>',
      '<yp-url> is "dir.example", expected an http or https URL',
    ],
    ['<paths><alias source="foo" destination="/bar"/></paths>', '<alias> goes from "foo"'],
    [
      '\n<mount><mount-name>/[z-a].mp3</mount-name></mount>',
      'line 3: <mount><mount-name> is "/[z-a].mp3", expected a wildcard whose sets ascend',
    ],
    [
      '<logging><loglevel>9</loglevel></logging>',
      '<loglevel> is "9", expected error, warning, info or debug, or an integer from 1 to 4; "4" is used',
    ],
    ['<master-server>a b</master-server>', 'line 2: <master-server> is "a b"'],
  ])('%s', (inner, message) => {
    expect(warningsOf(inner).join('\n')).toContain(message)
  })

  test('a socket for TLS alone without a certificate stops the start', () => {
    const socket = '<listen-socket><port>8443</port><ssl>1</ssl></listen-socket>'
    expect(() => read(socket)).toThrow('<paths><ssl-certificate>')
  })

  test('a password never appears in a message', () => {
    const relay = '<relay><server>a b</server><password>hunter2</password></relay>'
    expect(warningsOf(relay).join('\n')).toContain('"a b"')
    expect(warningsOf(relay).join('\n')).not.toContain('hunter2')
  })
})
