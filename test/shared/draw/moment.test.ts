import { expect, test } from 'vitest'
import { liveMounts, momentOf } from '../../../shared/draw/moment.ts'
import { wholeOf } from '../../../shared/http/slices.ts'
import { viewOf } from '../../kit/draws.ts'
import { mountOf, mountReport, serverOf } from '../../kit/reports.ts'

test('a moment lists servers by id and mounts by name, and the carriers of a mount by id, whoever reported first', () => {
  const mounts = ['/c.mp3', '/a.mp3', '/b.mp3'].map((path) => mountReport(path))
  const view = viewOf(
    serverOf('p2', { mounts }, { polled: true }),
    serverOf('m', { role: 'master', mounts }),
    serverOf('z', { mounts }),
    serverOf('p1', { mounts }, { polled: true }),
    serverOf('a', { mounts }),
  )
  const moment = momentOf(view, 0)
  expect(moment.servers.map(({ report }) => report.id)).toEqual(['a', 'm', 'p1', 'p2', 'z'])
  expect(moment.mounts.map(({ mount }) => mount)).toEqual(['/a.mp3', '/b.mp3', '/c.mp3'])
  const known = wholeOf(liveMounts(moment)).get(mountOf('/a.mp3'))
  expect(known?.live.servers.map(({ report }) => report.id)).toEqual(['a', 'm', 'p1', 'p2', 'z'])
  expect(known?.live.reports).toHaveLength(5)
  expect(known?.master?.report.id).toBe('m')
})
