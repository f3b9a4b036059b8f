import { expect, test } from 'vitest'
import { UrlWatch } from '../../../edge/outreach/url-watch.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { View } from '../../../shared/draw/view.ts'
import { told } from '../../kit/base/log-records.ts'
import { serverOf } from '../../kit/parts/reports.ts'

const one = { urls: ['http://relay.example:8000'] }

test('two slaves with one url are named in the log once, and again after they had two', async () => {
  const watch = new UrlWatch()
  const twins = new Map([
    ['a', serverOf('a', one)],
    ['b', serverOf('b', one)],
    ['c', serverOf('c')],
  ])
  const parted = new Map([...twins, ['b', serverOf('b')] as const])
  const records = await told(() => {
    for (const servers of [twins, twins, parted, twins]) watch.look(servers, 0)
    watch.look(twins, 3_600_000) // both are stale
  })
  const line = {
    message: 'several servers report one url: the listeners of all go to one of them',
    url: 'http://relay.example:8000',
    servers: ['a', 'b'],
  }
  expect(records).toEqual([line, line])
})

test('and in the notes of each at /api/servers', () => {
  const view = new View(100)
  for (const id of ['a', 'b']) view.put(serverOf(id, one))
  view.put(serverOf('c'))
  const notes = Object.fromEntries(serversJson(view, 0).map(({ id, notes: about = [] }) => [id, about]))
  expect(notes).toEqual({
    a: [expect.stringMatching(/^b reports its url http:\/\/relay\.example:8000 too.*--public-url$/)],
    b: [expect.stringMatching(/^a reports its url/)],
    c: [],
  })
})
