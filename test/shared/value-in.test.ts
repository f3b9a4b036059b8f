import { describe, expect, test } from 'vitest'
import { printAnswerPage } from '../../origin/admin/pages/pages.ts'
import { createConfig } from '../../origin/config/config.ts'
import { parseIcecastXml } from '../../origin/config/xml/icecast-xml.ts'
import { kindOfMount } from '../../origin/hls/formats.ts'
import { FrameUnits } from '../../origin/hls/frame-units.ts'
import { Segmenter } from '../../origin/hls/segmenter.ts'
import { isPackaged, kindOfType } from '../../shared/hls/kinds.ts'
import { valueIn } from '../../shared/value-in.ts'

const segmenter = new Segmenter({ segmentSeconds: 4, firstNumber: 0, wallMs: () => 0, onSegment: () => {} })

/** Names that every object has: a table that is asked for them has no such row. */
const inherited = ['constructor', '__proto__', 'valueOf', 'toString', 'hasOwnProperty']

test('a table has its own rows alone', () => {
  expect(valueIn({ a: 1 }, 'a')).toBe(1)
  for (const name of ['b', ...inherited]) expect(valueIn({ a: 1 }, name), name).toBeUndefined()
})

describe.each(inherited)('%s', (name) => {
  test('as a content type is not a kind of HLS, and not a stream with frames', () => {
    expect(kindOfType(name)).toBeUndefined()
    expect(isPackaged(undefined, name)).toBe(false)
    expect(kindOfMount({ format: name, facts: undefined })).toBe('none')
    expect(kindOfMount({ format: 'ogg', facts: { subtype: name } })).toBe('none')
    expect(FrameUnits.of(name, segmenter)).toBeUndefined()
  })

  test('in icecast.xml is not an option, and not a level of the log', () => {
    const read = (elements: string) => parseIcecastXml(`<icecast>\n${elements}</icecast>`)
    const option = `<mount><mount-name>/a</mount-name><authentication type="htpasswd"><option name="${name}" value="x"/></authentication></mount>`
    expect(read(option).warnings.join()).toContain(`<option name="${name}"> is unknown`)
    const file = read(`<logging><loglevel>${name}</loglevel></logging>`)
    expect(file.warnings.join()).toContain('<loglevel>')
    createConfig({ flags: {}, environment: {}, file })
  })

  test('as a command of /admin has no page of its own', () => {
    const answer = ['icestats', []] as const
    expect(() => printAnswerPage(name, answer, new Map())).not.toThrow()
  })
})
