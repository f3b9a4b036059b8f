import { expect, test } from 'vitest'
import { remembered } from '../../edge/remembered.ts'
import { View } from '../../shared/view.ts'
import { mountReport, serverOf } from '../kit/reports.ts'

/** A view of so many servers that carry ten mounts each. */
function viewOf(servers: number): View {
  const view = new View(100)
  const mounts = Array.from({ length: 10 }, (_, i) => mountReport(`/mount${i}.mp3`))
  for (let i = 0; i < servers; i++) view.put(serverOf(`s${i}`, { mounts }))
  return view
}

test('what anybody may ask of a large cluster is worked out once a second', () => {
  let works = 0
  const count = remembered((view) => {
    works++
    return view.servers.size
  })
  const view = viewOf(101)
  expect([0, 500, 999].map((atMs) => count(view, atMs))).toEqual([101, 101, 101])
  expect(works).toBe(1)
  count(view, 1000)
  expect(works).toBe(2)
})

test('of a small one it is never older than the last report', () => {
  const count = remembered((view) => view.servers.size)
  const view = viewOf(3)
  expect(count(view, 0)).toBe(3)
  view.put(serverOf('s4'))
  expect(count(view, 0)).toBe(4)
})
