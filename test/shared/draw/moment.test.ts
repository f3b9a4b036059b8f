import { expect, test } from 'vitest'
import { liveMounts, momentOf } from '../../../shared/draw/moment.ts'
import { wholeOf } from '../../../shared/http/slices.ts'
import { viewOf } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, serverOf } from '../../kit/parts/reports.ts'

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
  const carriers = Array.from({ length: 6 }, (_, i) => [
    known?.live.serverAt(i)?.report.id,
    known?.live.reportAt(i)?.mount,
  ])
  expect(carriers).toEqual([
    ...['a', 'm', 'p1', 'p2', 'z'].map((id) => [id, '/a.mp3']),
    [undefined, undefined],
  ])
  expect(known?.live.size).toBe(5)
  expect(known?.master?.report.id).toBe('m')
})

test('a view has its servers by id, in whatever order they come and go', () => {
  const view = viewOf()
  const has = () => view.sorted.map(({ server }) => server.report.id)
  for (const id of ['m', 'a', 'z', 'k', 'b', 'zz', '0']) view.put(serverOf(id))
  expect(has()).toEqual(['0', 'a', 'b', 'k', 'm', 'z', 'zz'])
  view.put(serverOf('k', { listeners: 3 }))
  for (const id of ['m', '0', 'zz', 'unknown']) view.remove(id)
  expect(has()).toEqual(['a', 'b', 'k', 'z'])
  view.put(serverOf('c'))
  expect(has()).toEqual(['a', 'b', 'c', 'k', 'z'])
  expect(momentOf(view, 0).servers).toEqual(view.sorted.map(({ server }) => server))
})

test('a server that comes looks at few of those that are there', () => {
  const idsRead = (servers: number) => {
    let reads = 0
    const counted = (i: number) => {
      const server = serverOf(`s${String(i).padStart(6, '0')}`)
      const report = new Proxy(server.report, {
        get(target, name) {
          if (name === 'id') reads++
          return Reflect.get(target, name)
        },
      })
      return { ...server, report }
    }
    const view = viewOf(...Array.from({ length: servers }, (_, i) => counted(2 * i)))
    reads = 0
    view.put(serverOf(`s${String(servers - 1).padStart(6, '0')}`))
    return reads
  }
  // twice as many servers are one more halving
  expect(idsRead(2048) - idsRead(1024)).toBeLessThanOrEqual(1)
})
