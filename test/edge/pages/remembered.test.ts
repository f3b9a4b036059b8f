import { describe, expect, test } from 'vitest'
import { PublicTexts } from '../../../edge/pages/public-texts.ts'
import { View } from '../../../shared/draw/view.ts'
import { basic } from '../../kit/audio/source.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

/** A view of this many servers that carry ten mounts each. */
function viewOf(servers: number): View {
  const view = new View(100)
  for (let i = 0; i < servers; i++) view.put(carrier(`s${i}`, 0))
  return view
}
const mounts = (listeners: number) =>
  Array.from({ length: 10 }, (_, i) => mountReport(`/mount${i}.mp3`, { listeners }))
const carrier = (id: string, listeners: number) => serverOf(id, { mounts: mounts(listeners) })

describe('the public texts of an edge', () => {
  const bases = (n: number) => Array.from({ length: n }, (_, i) => `http://${i}.example`)
  function printing(servers: number) {
    const clock = { nowMs: 0 }
    const texts = new PublicTexts(() => clock.nowMs, 0)
    const view = viewOf(servers)
    let histories = 0
    const page = () =>
      texts.page(view, async () => {
        histories++
        return []
      })
    return { clock, texts, view, page, histories: () => histories }
  }

  test('the page of a large cluster is printed once a second, however many requests there are', async () => {
    const { clock, view, page, histories } = printing(101)
    const first = await page()
    view.put(carrier('s0', 5))
    const again = await Promise.all(Array.from({ length: 100 }, page))
    expect(new Set([first, ...again]).size).toBe(1)
    expect(histories()).toBe(1)
    clock.nowMs = 1000
    expect(await page()).not.toBe(first)
  })

  test.for(['status', 'playing'] as const)(
    '%s of a large cluster is printed once a second, whatever Host the requests have',
    (what) => {
      const { clock, texts, view } = printing(101)
      const print = (base?: string) =>
        what === 'status' ? texts.status(view, base, undefined) : texts.playing(view, base)
      const first = bases(100).map((base) => print(base))
      view.put(carrier('s0', 5))
      expect(bases(100).map((base) => print(base))).toEqual(first)
      clock.nowMs = 1000
      expect(print('http://0.example')).not.toBe(first[0])
    },
  )

  test('they name the edge by the address that was requested', () => {
    const { texts, view } = printing(1)
    const of = (base?: string) => JSON.parse(texts.status(view, base, undefined)).icestats
    expect(of('https://edge.example:8443').host).toBe('edge.example')
    expect(of('https://edge.example:8443').source[0].listenurl).toBe('https://edge.example:8443/mount0.mp3')
    expect([of().host, of().source[0].listenurl]).toEqual(['localhost', '/mount0.mp3'])
    expect(JSON.parse(texts.playing(view, 'http://a.example'))[1].url).toBe('http://a.example/mount1.mp3')
    expect(JSON.parse(texts.status(view, 'http://a.example', '/mount3.mp3')).icestats.source.listenurl).toBe(
      'http://a.example/mount3.mp3',
    )
  })
})

test.for([
  [110, true],
  [2, false],
] as const)(
  '/api/cluster of %i servers with ten mounts is printed once a second: %j',
  async ([servers, once]) => {
    const ten = mounts(0)
    const { ask } = edgeOf(...Array.from({ length: servers }, (_, i) => reportOf(`s${i}`, { mounts: ten })))
    const admin = { Authorization: basic('admin', 'admin-secret') }
    const first = await (await ask('/api/cluster', admin)).text()
    expect((await ask('/api/servers/s1', admin, 'DELETE')).status).toBe(204)
    expect((await (await ask('/api/cluster', admin)).text()) === first).toBe(once)
  },
)
