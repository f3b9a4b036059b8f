import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import { playingHere } from '../../../origin/listen/named-mounts.ts'
import type { ActiveMount } from '../../../origin/mount/mount.ts'
import { whySourceFails, whyUnheard } from '../../../origin/source/doubts.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const configOf = (line: string, xml?: string) => {
  const file = xml === undefined ? undefined : parseIcecastXml(`<icecast>${xml}</icecast>`)
  const flags = parseFlags(line.split(' ').filter((word) => word !== '')).settings
  return createConfig({ flags, environment: {}, file })
}
const slave = '--master http://192.0.2.9 --master-password pw --public-url http://192.0.2.1:8000'
const master =
  '--edge http://192.0.2.9 --edge-password pw --public-url http://192.0.2.1:8000 --source-password s'

describe('an encoder that cannot log in', () => {
  test('at a relay: the log says that sources connect to the master', () => {
    const relay = 'this server is a relay: sources connect to the master that http://192.0.2.9 is or names'
    expect(whySourceFails(configOf(slave))).toBe(relay)
    expect(whySourceFails(configOf(`${slave} --source-password s`))).toBe(relay)
  })

  test('where no source password is set: the log says so', () => {
    expect(whySourceFails(configOf(''))).toBe('no source password is set here')
    expect(whySourceFails(configOf('--source-password s'))).toBeUndefined()
  })
})

describe('an encoder that is accepted where its listeners are not sent', () => {
  test('at a relay, whose own sources are not reported', () => {
    expect(whyUnheard(mountOf('/live.mp3'), configOf(`${slave} --source-password s`))).toContain(
      'reports what it relays alone',
    )
  })

  test('on / of a master with an edge, which has its own page there', () => {
    expect(whyUnheard('/' as ReturnType<typeof mountOf>, configOf(master))).toContain(
      'an edge has its own page at /',
    )
    expect(whyUnheard(mountOf('/live.mp3'), configOf(master))).toBeUndefined()
    expect(whyUnheard('/' as ReturnType<typeof mountOf>, configOf('--source-password s'))).toBeUndefined()
  })
})

describe('the 404 of an origin', () => {
  const mounts = (...names: string[]) => names.map((name) => ({ name: mountOf(name) }) as ActiveMount)

  test('names the public mounts that play, at most ten', () => {
    const hidden = '<mount><mount-name>/h.mp3</mount-name><hidden>1</hidden></mount>'
    const fallback = '<mount><mount-name>/f.mp3</mount-name><no-mount>1</no-mount></mount>'
    const config = configOf('', hidden + fallback)
    expect(playingHere(config, mounts('/b.mp3', '/f.mp3', '/h.mp3', '/%C3%A4.mp3'))).toBe(
      'mounts here: /%C3%A4.mp3 /b.mp3',
    )
    expect(playingHere(config, mounts('/h.mp3'))).toBe('')
    const many = mounts(...Array.from({ length: 40 }, (_, i) => `/m${i}.mp3`))
    expect(playingHere(config, many).match(/\/m/g)).toHaveLength(10)
  })
})
