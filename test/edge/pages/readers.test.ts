import { describe, expect, test } from 'vitest'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { type StatsSource, statsReaders } from '../../kit/cluster/stats-readers.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const since = '2026-11-23T01:53:52Z'
const mountOf = (name: string, about: AboutMount = {}) =>
  mountReport(name, { listeners: 4, about: { since, name: 'Radio', ...about } })
const statsOf = async (...mounts: ReturnType<typeof mountReport>[]) => {
  const { ask } = edgeOf(reportOf('m', { role: 'master', mounts }))
  return (await (await ask('/status-json.xsl')).json()) as {
    icestats: { source?: StatsSource | StatsSource[] }
  }
}
const [azuraCast, netdata] = statsReaders
const two = (about: AboutMount) => [mountOf('/live.mp3', about), mountOf('/%C3%BC%20b.mp3', { title: 'B' })]

describe.each(statsReaders)('$name ($source)', ({ name, read }) => {
  test.each(['Song "1"', "It's", '🎻', 'שלום', '1e5', 'A - B', '\\'])(
    'reads each of several mounts, one with the title %j',
    async (title) => {
      const shown = read(await statsOf(...two({ title })))
      expect(shown.map(({ mount }) => mount)).toEqual(['/live.mp3', '/ü b.mp3'])
      expect(shown[0]).toMatchObject({ listeners: 4 })
      if (name === 'AzuraCast') expect(shown[0]?.text).toBe(title)
      if (shown[0]?.startMs !== undefined) expect(shown[0].startMs).toBe(Date.parse(since))
    },
  )

  test('reads one mount alone as it reads one of an Icecast: as an object', async () => {
    const stats = await statsOf(mountOf('/live.mp3', { title: 'A' }))
    if (name === 'icecast_exporter') expect(() => read(stats)).toThrow('cannot unmarshal object')
    else expect(read(stats)).toMatchObject([{ mount: '/live.mp3', listeners: 4 }])
  })
})

test.each([undefined, '-', '0'])(
  'a mount with the title %j is off air for AzuraCast, as that of an Icecast is; not for netdata',
  async (title) => {
    const stats = await statsOf(mountOf('/live.mp3', { title }))
    if (title === undefined) expect(stats.icestats.source).not.toHaveProperty('title')
    else expect(stats.icestats.source).toMatchObject({ title })
    expect(azuraCast?.read(stats)).toEqual([])
    expect(netdata?.read(stats)).toHaveLength(1)
  },
)

test('artist and title are one text for AzuraCast, as Icecast gives them apart', async () => {
  const stats = await statsOf(mountOf('/live.mp3', { artist: 'Björk', title: 'Jóga' }))
  expect(azuraCast?.read(stats)).toMatchObject([{ text: 'Björk - Jóga' }])
})
