import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../../origin/config/config.ts'
import { doubtsOf } from '../../../../origin/config/doubts.ts'
import { parseEnvironment, parseFlags } from '../../../../origin/config/flags.ts'
import { newMistakes } from '../../../../origin/config/mend.ts'
import { mountSettings } from '../../../../origin/config/mount-settings.ts'
import { decodeXml } from '../../../../origin/config/xml/encoding.ts'
import { parseIcecastXml } from '../../../../origin/config/xml/icecast-xml.ts'
import { isLogin, parseBasic } from '../../../../shared/http/credentials.ts'
import { oddConfigs } from '../../../kit/parts/odd-configs.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

function start(xml: string) {
  const { warnings, ...file } = parseIcecastXml(xml)
  const config = createConfig({ flags: {}, environment: {}, file }, undefined, (text) => warnings.push(text))
  return { config, warnings }
}

const fileOf = (elements: string) =>
  `<icecast><listen-socket><port>8000</port></listen-socket>\n${elements}\n</icecast>`

describe('an existing icecast.xml starts if Icecast 2.4.4 starts with it, and warnings name the values used instead', () => {
  test.for(oddConfigs)('$name: $icecastStarts', ({ elements, icecastStarts, says }) => {
    if (!icecastStarts) return expect(() => start(fileOf(elements))).toThrow(says)
    const { warnings } = start(fileOf(elements))
    if (says === undefined) expect(warnings).toEqual([])
    else expect(warnings.filter((warning) => warning.includes(says))).toHaveLength(1)
  })

  test('the values used instead take effect', () => {
    const { config } = start(
      fileOf(
        `<hostname>http://a.example:80/</hostname><limits><sources>0</sources><queue-size>20000</queue-size><source-timeout>3600</source-timeout></limits>
         <mount><mount-name>live.mp3</mount-name><password>pw</password><hidden>on</hidden><max-listeners>many</max-listeners></mount>
         <mount><mount-name>/closed</mount-name><authentication type="ldap"/></mount>
         <relay><server>b.example</server><mount>x.ogg</mount></relay>`,
      ),
    )
    expect(config.hostname).toBe('a.example')
    expect(config.limits).toMatchObject({ sources: 0, queueBytes: 65_536, sourceTimeoutMs: 3_600_000 })
    const live = mountSettings(config, mountOf('/live.mp3'))
    expect(live).toMatchObject({ sourcePassword: 'pw', hidden: true, maxListeners: null })
    expect(mountSettings(config, mountOf('/closed')).auth).toEqual({ type: 'nobody' })
    expect(config.relays.map(({ mount, upstreams }) => [mount, upstreams[0]?.url.href])).toEqual([
      ['/x.ogg', 'http://b.example/x.ogg'],
    ])
  })

  test('a flag with the same value stops the start: the person who types it sees the error', () => {
    expect(() => parseFlags(['--max-listeners', 'many'])).toThrow('expected an integer')
    expect(() => parseFlags(['--hostname', 'http://a.example'])).toThrow('expected a host name')
  })

  test('a secret that cannot be mended is never shown', () => {
    expect(() => start(fileOf('<edge-password>\ufffd</edge-password>'))).toThrow(
      'is not usable, expected UTF-8',
    )
  })
})

describe('a file that is read again', () => {
  test('a new mistake counts, an old one does not, whatever its line', () => {
    const { warnings: before } = start(fileOf('<mount/><nonsense/>'))
    const again = (elements: string) => newMistakes(before, start(fileOf(elements)).warnings)
    expect(again('\n\n<mount/><nonsense/><rubbish/>')).toEqual([])
    expect(again('<mount/><limits><clients>many</clients></limits>')).toEqual([
      'line 2: <limits><clients> is "many", expected an integer from 0 to 1000000; it is left out',
    ])
  })
})

describe('the file is decoded as it declares', () => {
  const xml = (declared: string) =>
    `<?xml version="1.0"${declared}?>\n<icecast><location>Zürich</location><authentication><source-password>grün</source-password></authentication></icecast>`
  const told = (bytes: Uint8Array) => parseIcecastXml(decodeXml(bytes)).settings
  const both = { serverLocation: 'Zürich', sourcePassword: 'grün' }

  test.for([
    ['UTF-8, undeclared', Buffer.from(xml(''))],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${xml('')}`)],
    ['ISO-8859-1', Buffer.from(xml(' encoding="ISO-8859-1"'), 'latin1')],
    ['windows-1252', Buffer.from(xml(" encoding='windows-1252' standalone='yes'"), 'latin1')],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${xml(' encoding="UTF-16"')}`, 'utf16le')],
    ['UTF-16 the other way', Buffer.from(`\ufeff${xml(' encoding="UTF-16"')}`, 'utf16le').swap16()],
  ] as const)('%s: an umlaut in a name and in a password', ([, bytes]) => {
    expect(told(bytes)).toEqual(both)
  })

  test('a password of such a file is compared as UTF-8, and no other bytes match it (Icecast 2.4.4)', () => {
    const { sourcePassword = '' } = told(Buffer.from(xml(' encoding="ISO-8859-1"'), 'latin1'))
    const opens = (password: Buffer) => {
      const encoded = Buffer.concat([Buffer.from('source:'), password]).toString('base64')
      const login = parseBasic(`Basic ${encoded}`)
      return login !== undefined && isLogin(login, 'source', [sourcePassword])
    }
    expect(opens(Buffer.from('grün'))).toBe(true)
    for (const wrong of ['gr\xfcn', 'gr\xe4n', 'gr\xffn', 'gr\xef\xbf\xbdn'])
      expect(opens(Buffer.from(wrong, 'latin1')), JSON.stringify(wrong)).toBe(false)
  })

  test('bytes that are not valid in the encoding stop the start and are named with their line, as in Icecast', () => {
    for (const declared of ['', ' encoding="UTF-8"'])
      expect(() => told(Buffer.from(xml(declared), 'latin1'))).toThrow(/^line 2: a byte is not valid utf-8/i)
    expect(() => told(Buffer.from(xml(' encoding="klingon"')))).toThrow('line 1: the encoding is "klingon"')
  })
})

describe('warnings at the start', () => {
  const doubts = (flags: string[], env: Record<string, string>, elements?: string) =>
    doubtsOf(
      createConfig({
        flags: parseFlags(flags).settings,
        environment: parseEnvironment(env),
        file: elements === undefined ? undefined : parseIcecastXml(`<icecast>${elements}</icecast>`),
      }),
      env,
    )
  const refused = 'sources are refused: no source password is set'

  test('an origin for sources without a source password rejects all of them', () => {
    expect(doubts([], {})).toEqual([refused])
    expect(doubts(['--source-password', 'x'], {})).toEqual([])
    expect(doubts(['--master', 'http://127.0.0.1:1', '--master-password', 'x'], {})).toEqual([])
    expect(doubts([], {}, '<mount><mount-name>/a</mount-name><password>x</password></mount>')).toEqual([])
    expect(doubts([], {}, '<limits><sources>0</sources></limits>')).toEqual([
      'sources are refused: <limits><sources> is 0',
    ])
  })

  test('unknown environment variables, and an empty secret', () => {
    const found = doubts([], {
      ORIGIN_SOURCE_PASSWORD: '',
      ORIGIN_SORUCE_PASSWORD: 'x',
      ORIGIN_EDGE_PASSWORD: 'e',
    })
    expect(found).toEqual([
      expect.stringMatching(
        /^environment variable ORIGIN_SORUCE_PASSWORD is unknown .* ORIGIN_SOURCE_PASSWORD,/,
      ),
      'environment variable ORIGIN_SOURCE_PASSWORD is empty',
      refused,
    ])
    expect(parseEnvironment({ ORIGIN_EDGE_PASSWORD: 'e' })).toEqual({ edgePassword: 'e' })
  })

  test('--log-level sets the level of an origin without a file, and overrides that of a file', () => {
    const level = (flags: string[], elements?: string) =>
      createConfig({
        flags: parseFlags(flags).settings,
        environment: {},
        file: elements === undefined ? undefined : parseIcecastXml(`<icecast>${elements}</icecast>`),
      }).logging.level
    expect([level([]), level(['--log-level', 'debug'])]).toEqual(['info', 'debug'])
    const file = '<logging><loglevel>1</loglevel></logging>'
    expect([level([], file), level(['--log-level', 'warning'], file)]).toEqual(['error', 'warning'])
    expect(() => parseFlags(['--log-level', 'loud'])).toThrow(
      '--log-level is "loud", expected error, warning',
    )
  })
})
