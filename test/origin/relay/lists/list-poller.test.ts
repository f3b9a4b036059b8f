import { describe, expect, test } from 'vitest'
import { backoffMs } from '../../../../origin/lib/backoff.ts'
import { StreamListPoller } from '../../../../origin/relay/lists/list-poller.ts'
import { told } from '../../../kit/base/log-records.ts'
import { ManualTime } from '../../../kit/base/manual-time.ts'

describe('back-off', () => {
  test('doubles up to its maximum, and dice shorten it by up to half', () => {
    const retry = { firstMs: 500, maxMs: 10_000 }
    expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => backoffMs(retry, attempt, 0))).toEqual([
      500, 1000, 2000, 4000, 8000, 10_000, 10_000,
    ])
    expect(backoffMs(retry, 6, 0.5)).toBe(7500)
  })
})

describe('polling the stream list', () => {
  function poller(answers: (url: string) => Response, password = 'pw') {
    const time = new ManualTime()
    const times: number[] = []
    const lists: string[][] = []
    const order: string[] = []
    const seen: (string | null)[] = []
    const master = { url: 'http://m.example', user: 'relay', password }
    const polling = new StreamListPoller(
      master,
      {
        timers: time,
        nowMs: time.nowMs,
        roll: () => 0,
        updateIntervalS: () => 10,
        isKnown: () => false,
        beforeRequest: async (url) => {
          order.push(`report to ${url}`)
        },
        onAnswer: (_url, server) => seen.push(server),
        fetch: async (input) => {
          order.push(String(input))
          times.push(time.nowMs())
          return answers(String(input))
        },
      },
      {
        listed: (entries) => lists.push(entries.map(({ mount }) => mount)),
        away: () => lists.push(['away']),
      },
    )
    polling.start()
    return { time, polling, lists, order, times, seen }
  }

  test('S8: every update interval, each time right after a report', async () => {
    const { time, times, order, lists } = poller(() => new Response('/live.mp3\r\n'))
    await time.pass(25_000)
    expect(times).toEqual([0, 10_000, 20_000])
    const round = ['report to http://m.example', 'http://m.example/admin/streamlist.txt']
    expect(order).toEqual([...round, ...round, ...round])
    expect(lists[0]).toEqual(['/live.mp3'])
  })

  test('reports the Server header of an answer, whatever its status, and when there is none', async () => {
    const answers = [
      () => new Response('/live.mp3', { headers: { Server: 'Icecast 2.5.0' } }),
      () => new Response('no', { status: 401, headers: { Server: 'Icecast 2.4.4' } }),
      (): Response => {
        throw new TypeError('fetch failed')
      },
    ]
    let asked = 0
    const { time, seen } = poller(() => answers[asked++]?.() ?? new Response(''))
    await time.pass(12_000)
    expect(seen).toEqual(['Icecast 2.5.0', 'Icecast 2.4.4', null, ''])
  })

  test('a list that cannot be had changes nothing, and is asked for sooner', async () => {
    const { time, times, lists } = poller(() => new Response('no', { status: 401 }))
    await time.pass(20_000)
    expect(times).toEqual([0, 500, 1500, 3500, 7500, 15_500])
    expect(new Set(lists.flat())).toEqual(new Set(['away']))
  })

  test('at once when a relay has ended, but not again within two seconds', async () => {
    const { time, times, polling } = poller(() => new Response(''))
    await time.pass(5000)
    for (let i = 0; i < 30; i++) {
      polling.hurry(2000)
      await time.pass(100)
    }
    expect(times).toEqual([0, 5000, 7000])
  })

  test('a hurried request never delays a regular one', async () => {
    const { time, times, polling } = poller(() => new Response(''))
    await time.pass(9000)
    polling.hurry(60_000)
    await time.pass(2000)
    expect(times).toEqual([0, 10_000])
  })

  test.for<[string, () => Response, string]>([
    [
      'a redirect by "Always Use HTTPS"',
      () =>
        new Response('', { status: 301, headers: { Location: 'https://m.example/admin/streamlist.txt' } }),
      'answered 301; it redirects to https, as "Always Use HTTPS" at Cloudflare does: set the URL to https://m.example',
    ],
    [
      'a wrong password that has a space in it',
      () => new Response('', { status: 401 }),
      'answered 401; the user or the password is wrong: the password has a space in it, and an edge reads its RELAY_PASSWORD as several passwords with spaces between them',
    ],
    [
      'a port for https',
      () => {
        throw new TypeError('fetch failed', { cause: new Error('other side closed') })
      },
      'connection closed without an answer; a port for https does so: is it https://m.example?',
    ],
  ])('the log says what to do about %s', async ([, answers, why]) => {
    const records = await told(() => poller(answers, 'my radio').time.pass(3000))
    expect(records).toEqual([{ message: 'no valid stream list', master: 'http://m.example', why }])
  })
})
