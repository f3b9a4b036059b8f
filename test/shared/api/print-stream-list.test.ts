import { expect, test } from 'vitest'
import { printStreamList } from '../../../shared/api/print-stream-list.ts'
import { viewOf } from '../../kit/parts/draws.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

test.each([
  [['http://m.example:8000'], 'http://m.example:8000/live.mp3\r\n'],
  [['https://m.example', 'http://m.example:8000'], 'http://m.example:8000/live.mp3\r\n'],
  [['http://proxy.example/radio', 'http://m.example'], 'http://m.example/live.mp3\r\n'],
  [['https://m.example', 'http://proxy.example/radio'], '/live.mp3\r\n'],
])('a mount of a master at %j is listed where a stock slave can fetch it: %j', (urls, list) => {
  const view = viewOf(
    serverOf('m', { role: 'master', urls }),
    serverOf('a', { mounts: [mountReport('/own')] }),
  )
  expect(printStreamList(view, 0, true)).toBe(list)
  expect(printStreamList(view, 0, false)).toBe('/live.mp3\r\n')
})

test('the mounts of several masters are a line each, by name, and those of a stale one none', () => {
  const at = (id: string, paths: string[], interval = 10) =>
    serverOf(id, { role: 'master', interval, mounts: paths.map((path) => mountReport(path)) })
  const view = viewOf(at('m', ['/c', '/a']), at('n', ['/b']), at('old', ['/d'], 1))
  expect(printStreamList(view, 10_000, false)).toBe('/a\r\n/b\r\n/c\r\n')
})
