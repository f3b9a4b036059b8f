import { describe, expect, test } from 'vitest'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { edgeOf } from '../../kit/edge-app.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'

type Row = Record<string, unknown>

/** `source` of the stats is an object for one mount, a list for several, and missing for none. */
const rowsOf = (stats: { icestats: { source?: Row | Row[] } }): Row[] => [stats.icestats.source ?? []].flat()

/** What another program reads of a mount; undefined: it sees none. */
type Read = { mount: string; listeners: number; text?: string; startMs?: number }
const pathOf = (row: Row) => decodeURIComponent(new URL(String(row.listenurl)).pathname)

/** Programs of others, the file that holds their rules, and those rules. */
const readers: readonly [name: string, source: string, read: (row: Row) => Read | undefined][] = [
  [
    'AzuraCast',
    // a mount whose song has no text is off air; bitrate and server_type are read without asking whether they are there
    'AzuraCast/nowplaying src/Adapter/Icecast.php',
    (row) => {
      for (const name of ['bitrate', 'server_type', 'listeners']) expect(row, name).toHaveProperty(name)
      const { artist = '', title = '', yp_currently_playing = '' } = row
      const text = String(yp_currently_playing || [artist, title].filter((part) => part !== '').join(' - '))
      return text === '' ? undefined : { mount: pathOf(row), listeners: Number(row.listeners), text }
    },
  ],
  [
    'netdata',
    // a source without a name is passed over
    'netdata/netdata src/go/plugin/go.d/modules/icecast/collect.go',
    (row) =>
      row.server_name === undefined || row.server_name === ''
        ? undefined
        : { mount: pathOf(row), listeners: row.listeners as number },
  ],
  [
    'icecast_exporter',
    // Go: listeners must be an integer, the time must have a zone without a colon; a missing time is the year 1
    'markuslindenberg/icecast_exporter icecast_exporter.go',
    (row) => {
      expect(Number.isInteger(row.listeners)).toBe(true)
      expect(row.stream_start_iso8601).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$/)
      const startMs = Date.parse(String(row.stream_start_iso8601))
      return { mount: pathOf(row), listeners: Number(row.listeners), startMs }
    },
  ],
  [
    'jq .icestats.source.title',
    'jq: one mount alone; a title is a text, also where it looks like a number or is a dash',
    (row) => ({
      mount: pathOf(row),
      listeners: Number(row.listeners),
      ...(row.title !== undefined && { text: String(row.title) }),
    }),
  ],
]

const since = '2026-11-23T01:53:52Z'
const mountOf = (name: string, about: AboutMount = {}) =>
  mountReport(name, { listeners: 4, about: { since, name: 'Radio', ...about } })
const statsOf = async (...mounts: ReturnType<typeof mountReport>[]) => {
  const { ask } = edgeOf(reportOf('m', { role: 'master', mounts }))
  return rowsOf((await (await ask('/status-json.xsl')).json()) as { icestats: { source?: Row | Row[] } })
}

describe.each(readers)('%s (%s)', (_, _source, read) => {
  test.each(['Song "1"', "It's", '🎻', 'שלום', '-', '1e5', 'A - B', '\\'])(
    'reads the title %j',
    async (title) => {
      const found = (await statsOf(mountOf('/live.mp3', { title }))).map(read)
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ mount: '/live.mp3', listeners: 4 })
      if (found[0]?.text !== undefined) expect(found[0].text).toBe(title)
      if (found[0]?.startMs !== undefined) expect(found[0].startMs).toBe(Date.parse(since))
    },
  )

  test('reads each of several mounts', async () => {
    const rows = await statsOf(mountOf('/a.mp3', { title: 'A' }), mountOf('/%C3%BC%20b.mp3', { title: 'B' }))
    expect(rows.map(read).map((found) => found?.mount)).toEqual(['/a.mp3', '/ü b.mp3'])
  })
})

test('a mount without a title has none: AzuraCast takes it for off air, as it does that of an Icecast', async () => {
  const [row = {}] = await statsOf(mountOf('/live.mp3'))
  expect(row).not.toHaveProperty('title')
  expect(readers[0]?.[2](row)).toBeUndefined()
  expect(readers[1]?.[2](row)).toBeDefined()
})

test('artist and title are one text for AzuraCast, as Icecast gives them apart', async () => {
  const [row = {}] = await statsOf(mountOf('/live.mp3', { artist: 'Björk', title: 'Jóga' }))
  expect(readers[0]?.[2](row)?.text).toBe('Björk - Jóga')
})
