import { describe, expect, test } from 'vitest'
import { Remembered } from '../../../shared/api/remembered.ts'
import { View } from '../../../shared/draw/view.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

const mounts = Array.from({ length: 10 }, (_, i) => mountReport(`/mount${i}.mp3`))

/** A view of this many servers that carry ten mounts each. */
function viewOf(servers: number): View {
  const view = new View(100)
  for (let i = 0; i < servers; i++) view.put(serverOf(`s${i}`, { mounts }))
  return view
}

describe('a public value computed from a cluster', () => {
  function counting(workMs = 0) {
    const clock = { nowMs: 0 }
    const works: number[] = []
    const remembered = new Remembered<number>(() => clock.nowMs)
    const ask = (view: View, atMs: number) => {
      clock.nowMs = atMs
      return remembered.of(view, (nowMs) => {
        works.push(nowMs)
        clock.nowMs += workMs
        return view.servers.size
      })
    }
    return { ask, works }
  }

  test('is kept for a second if the cluster is large', () => {
    const { ask, works } = counting()
    const view = viewOf(101)
    expect([0, 500, 999].map((atMs) => ask(view, atMs))).toEqual([101, 101, 101])
    expect(works).toEqual([0])
    ask(view, 1000)
    expect(works).toEqual([0, 1000])
  })

  test('is kept for a second after it is done, even if it took longer than that', () => {
    const { ask, works } = counting(3000)
    const view = viewOf(101)
    for (const atMs of [0, 3000, 3500, 3999]) ask(view, atMs)
    expect(works).toEqual([0])
    ask(view, 4000)
    expect(works).toEqual([0, 4000])
  })

  test('is never older than the last report if the cluster is small', () => {
    const { ask } = counting()
    for (const servers of [3, 100]) {
      const view = viewOf(servers)
      expect(ask(view, 0)).toBe(servers)
      view.put(serverOf('more', { mounts: [] }))
      expect(ask(view, 0)).toBe(servers + 1)
    }
  })
})
