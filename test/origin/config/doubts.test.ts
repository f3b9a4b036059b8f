import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { doubtsOf } from '../../../origin/config/doubts.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'

const doubts = (line: string, xml?: string) => {
  const flags = parseFlags(line.split(' ').filter((word) => word !== '')).settings
  const file = xml === undefined ? undefined : parseIcecastXml(`<icecast>${xml}</icecast>`)
  return doubtsOf(createConfig({ flags, environment: {}, file }), {})
}
const passwords = '--source-password s --relay-password r --admin-password a'

describe('the start warns of', () => {
  test('passwords that everybody knows from the packages of Debian', () => {
    const xml =
      '<authentication><source-password>hackme</source-password><relay-password>own</relay-password><admin-password>hackme</admin-password></authentication>'
    expect(doubts('', xml)).toEqual([
      'the source, admin password is "hackme", the default of Icecast packages that everybody knows: set another one',
    ])
    const slave = '--master http://10.0.0.1:8000 --public-url http://10.0.0.2:8000 --master-password'
    expect(doubts(`${slave} hackme`)).toEqual([expect.stringMatching(/for the master or edge is "hackme"/)])
    expect(doubts(`${slave} own`)).toEqual([])
  })

  test('a master of a cluster without a relay password: its relays count as listeners', () => {
    const edge =
      '--edge http://10.0.0.9 --edge-password pw --public-url http://10.0.0.1:8000 --source-password s'
    expect(doubts(edge)).toEqual([
      expect.stringMatching(/^no relay password is set: relays of this master count/),
    ])
    expect(doubts(`${edge} --relay-password r`)).toEqual([])
    expect(doubts('--public-slave --source-password s')).toEqual([
      expect.stringMatching(/^no relay password/),
    ])
    expect(doubts('--source-password s')).toEqual([])
  })

  test.for([
    '--master http://127.0.0.1:8000 --master-password pw --hostname localhost',
    '--master http://[::1]:8007 --port 8007 --master-password pw --public-url http://localhost:8007',
    '--master http://radio.example.org:8000 --master-password pw --public-url http://radio.example.org:8000',
  ])('a master that is the server itself: %s', (line) => {
    expect(doubts(line)).toEqual([expect.stringMatching(/^the master \S+ is this server itself/)])
  })

  test('an edge whose URL is given as the public URL of the server', () => {
    const line = `${passwords} --edge https://live.example.org --edge-password pw --public-url`
    expect(doubts(`${line} https://live.example.org`)).toEqual([
      expect.stringMatching(/^the edge https:\/\/live\.example\.org is this server itself/),
    ])
    expect(doubts(`${line} https://relay1.example.org:8443`)).toEqual([])
  })

  test('nothing, where a master runs on another port of the same machine', () => {
    expect(
      doubts(
        '--master http://127.0.0.1:8001 --port 8002 --master-password pw --public-url http://127.0.0.1:8002',
      ),
    ).toEqual([])
  })
})
