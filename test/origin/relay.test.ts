import { describe, expect, test } from 'vitest'
import { backoffMs } from '../../origin/backoff.ts'
import { createPlacer } from '../../origin/placer.ts'
import { judge, printRelayRequest } from '../../origin/relay/request.ts'
import { parseResponseHead } from '../../origin/relay/response-head.ts'
import { StreamListPoller } from '../../origin/relay/stream-list.ts'
import { ManualTime } from '../kit/manual-time.ts'
import { numberedFrame } from '../kit/numbered-frames.ts'
import { headOf, relaysInMemory } from '../kit/relays.ts'
import { mountOf } from '../kit/reports.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('the head of a reply', () => {
  test.each([
    ['HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody', 25],
    ['HTTP/1.1 200 OK\nA: b\n\nbody', 22],
    ['ICY 200 OK\r\n\r\nbody', 14],
  ])('%j ends at byte %i', (text, bodyAt) => {
    expect(parseResponseHead(bytes(text))).toMatchObject({ head: { status: 200 }, bodyAt })
  })

  test('cut anywhere it is incomplete, never something else', () => {
    const whole = 'HTTP/1.0 302 Found\r\nLocation: http://a.example/live.mp3\r\n\r\n'
    for (let end = 0; end < whole.length; end++)
      expect(parseResponseHead(bytes(whole.slice(0, end)))).toBe('incomplete')
  })

  test('names are compared in lower case, values keep their bytes', () => {
    const head = headOf('HTTP/1.0 200 OK\r\nICY-Name:Caf\u00e9 x\r\n\r\n')
    expect(head.headers.get('icy-name')).toBe('Caf\u00c3\u00a9 x')
  })

  test('what is no reply, or does not end, is refused', () => {
    expect(parseResponseHead(bytes('SSH-2.0-x\r\n\r\n'))).toHaveProperty('wrong')
    expect(parseResponseHead(new Uint8Array(16_384).fill(65))).toHaveProperty('wrong')
  })
})

describe('the request of a relay', () => {
  const url = new URL('http://m.example/live.mp3')

  test('S11: it names itself Icecast, asks by HTTP/1.0 and for metadata, with the port in Host', () => {
    const request = { authorization: 'Basic eA==', icy: true, hop: '1.0 me%2Flive.mp3' }
    const lines = printRelayRequest(url, request).split('\r\n')
    expect(lines[0]).toBe('GET /live.mp3 HTTP/1.0')
    expect(lines).toContain('Host: m.example:80')
    expect(lines).toContain('Icy-MetaData: 1')
    expect(lines).toContain('Authorization: Basic eA==')
    expect(lines.find((line) => line.startsWith('User-Agent:'))).toMatch(
      /^User-Agent: Icecast-compatible distributary\/\d/,
    )
    expect(lines.slice(-2)).toEqual(['', ''])
    expect(lines).toContain('Via: 1.0 me%2Flive.mp3')
    const plain = printRelayRequest(url, { ...request, authorization: undefined, icy: false })
    expect(plain).not.toMatch(/Authorization|Icy-MetaData/)
  })

  test('a redirect is followed to http and https, and credentials in it are dropped', () => {
    const to = (location: string, status = 302) =>
      judge({ status, headers: new Map([['location', location]]) }, url)
    expect(to('https://u:p@b.example:1/x?y=1')).toEqual({ redirect: new URL('https://b.example:1/x?y=1') })
    expect(to('/other.mp3')).toEqual({ redirect: new URL('http://m.example/other.mp3') })
    expect(to('ftp://b.example/x')).toHaveProperty('refused')
    expect(to('http://')).toHaveProperty('refused')
    expect(to('http://b.example/', 304)).toHaveProperty('refused')
    for (const status of [301, 302, 303, 307, 308])
      expect(to('http://b.example/x', status)).toEqual({ redirect: new URL('http://b.example/x') })
    expect(judge({ status: 302, headers: new Map() }, url)).toHaveProperty('refused')
  })

  test('a chunked stream is refused, as its framing would be heard', () => {
    const chunked = new Map([['transfer-encoding', 'chunked']])
    expect(judge({ status: 200, headers: chunked }, url)).toHaveProperty('refused')
    expect(judge({ status: 200, headers: new Map() }, url)).toEqual({ stream: true })
    expect(judge({ status: 404, headers: new Map() }, url)).toEqual({ refused: 'answered 404' })
  })

  test('a page is no stream: a Shoutcast server shows its own to what it takes for a browser', () => {
    const page = new Map([['content-type', 'text/html;charset=utf-8']])
    expect(judge({ status: 200, headers: page }, url)).toHaveProperty('refused')
  })
})

describe('back-off', () => {
  test('doubles up to its bound, and dice take up to half of it away', () => {
    const retry = { firstMs: 500, maxMs: 10_000 }
    expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => backoffMs(retry, attempt, 0))).toEqual([
      500, 1000, 2000, 4000, 8000, 10_000, 10_000,
    ])
    expect(backoffMs(retry, 6, 0.5)).toBe(7500)
  })
})

describe('the mirrored mounts', () => {
  test('S7: a mount begins when the list names it and its master sends, and ends when the list names it no more', async () => {
    const { list, play, live, relays, pulls, time } = relaysInMemory()
    list('/live.mp3\r\n')
    expect(live()).toBeUndefined()
    play(0, 10)
    expect(live()?.kind).toBe('relay')
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(true)
    list('')
    await time.pass(10_000)
    expect(live()).toBeUndefined()
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
    expect(pulls[0]?.closed).toBe(true)
  })

  test('a relay that runs outlives a list without it: the edge that made the list may just have restarted', async () => {
    const { list, play, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    list('')
    await time.pass(9000)
    list('/live.mp3\r\n')
    await time.pass(60_000)
    expect(live()?.kind).toBe('relay')
  })

  test('one that never ran ends with the list', () => {
    const { list, relays, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    list('')
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
    expect(pulls[0]?.closed).toBe(true)
  })

  test('an absolute line is pulled from the host that it names', () => {
    const { list, pulls } = relaysInMemory()
    list('http://other.example:8001/live.mp3\r\n/two.mp3\r\n')
    expect(pulls.map(({ url }) => url)).toEqual([
      'http://other.example:8001/live.mp3',
      'http://m.example/two.mp3',
    ])
  })

  test('credentials go to the master and the hosts of its list, to no other', () => {
    const { list, newest } = relaysInMemory()
    list('https://named.example/live.mp3\r\n')
    const { authorizationFor } = newest().options
    expect(authorizationFor('http://m.example')).toBe('Basic secret')
    expect(authorizationFor('https://named.example')).toBe('Basic secret')
    expect(authorizationFor('http://named.example')).toBeUndefined()
    expect(authorizationFor('http://elsewhere.example')).toBeUndefined()
  })

  test('a source of our own on a mirrored name stays, and the relay waits', async () => {
    const { list, newest, state, time, pulls, live } = relaysInMemory()
    state.mounts.open(mountOf('/live.mp3'), {
      kind: 'source',
      contentType: 'audio/mpeg',
      headers: new Map(),
      owner: 'source',
    })
    list('/live.mp3\r\n')
    newest().open()
    expect(live()?.kind).toBe('source')
    expect(pulls[0]?.closed).toBe(true)
    await time.pass(600)
    expect(pulls.length).toBe(2)
  })
})

describe('a short loss of the master', () => {
  test('mount and listeners stay, and the audio goes on where it stopped, without gap or repeat', async () => {
    const { list, play, send, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 100)
    const before = live()
    newest().events.lost('reset')
    expect(live()?.interruptedAtMs).toBe(0)
    await time.pass(500)
    play(60, 20)
    send(80, 40)
    expect(live()).toBe(before)
    expect(live()?.interruptedAtMs).toBeUndefined()
    const frames = Array.from({ length: 120 }, (_, n) => numberedFrame(n))
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('where the new burst overlaps nothing, it follows after half a second', async () => {
    const { list, play, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    await time.pass(500)
    play(500, 10)
    await time.pass(600)
    const frames = [...Array(10).keys(), ...Array.from({ length: 10 }, (_, n) => 500 + n)].map(numberedFrame)
    expect(Buffer.from(live()?.tail(1e6) ?? []).equals(Buffer.concat(frames))).toBe(true)
  })

  test('after source-timeout the mount ends, so that its listeners go back to the edge; the relay tries on', async () => {
    const { list, play, newest, live, time, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    for (let attempt = 0; attempt < 3; attempt++) {
      await time.pass(3000)
      newest().events.lost('refused')
    }
    expect(live()).toBeDefined()
    await time.pass(1000)
    expect(live()).toBeUndefined()
    const tried = pulls.length
    await time.pass(20_000)
    expect(pulls.length).toBeGreaterThan(tried)
    play(0, 10)
    expect(live()).toBeDefined()
  })

  test('a list without the mount, from a master that just came back, does not end it before its time', async () => {
    const { list, play, newest, live, time, relays } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    list('')
    expect(live()).toBeDefined()
    await time.pass(10_000)
    expect(live()).toBeUndefined()
    expect(relays.isMirrored(mountOf('/live.mp3'))).toBe(false)
  })

  test('where that master plays again, before its list names the mount, listeners stay', async () => {
    const { list, play, newest, live, time } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    const before = live()
    newest().events.lost('reset')
    list('')
    await time.pass(9000)
    play(20, 10)
    expect(live()).toBe(before)
    list('/live.mp3\r\n')
    await time.pass(20_000)
    expect(live()).toBe(before)
  })

  test('while listeners wait it tries at least every two seconds, and at once when the list names the mount again', async () => {
    const { list, play, newest, time, pulls } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    const tries: number[] = []
    for (let atMs = 0; atMs < 8000; atMs += 50) {
      const pull = newest()
      if (pulls.length > tries.length) {
        tries.push(time.nowMs())
        pull.events.lost('refused')
      }
      await time.pass(50)
    }
    expect(tries).toEqual([0, 250, 750, 1750, 3750, 5750, 7750])
    list('/live.mp3\r\n')
    expect(pulls.length).toBe(tries.length + 1)
    list('/live.mp3\r\n')
    expect(pulls.length).toBe(tries.length + 1)
  })

  test('the end of a running relay asks for the list at once', () => {
    const { list, play, newest, ended } = relaysInMemory()
    list('/live.mp3\r\n')
    play(0, 10)
    newest().events.lost('reset')
    expect(ended()).toBe(1)
  })
})

describe('relays on demand', () => {
  const placerOf = ({ config, state, relays }: ReturnType<typeof relaysInMemory>) => {
    state.mounts.onDemand = relays
    return createPlacer({
      config,
      state,
      missed: () => {},
      decider: undefined,
      reports: { change: () => {}, isDraining: false, edgeUrl: 'http://edge.example' },
      isLeaving: () => false,
    })
  }
  const asked = {
    mount: mountOf('/live.mp3'),
    query: '',
    secure: false,
    userAgent: undefined,
    relayLogin: false,
    head: false,
    range: undefined,
  }

  test('an idle mount is pulled for its first listener, who waits for it', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    expect(ours.pulls.length).toBe(0)
    expect(ours.relays.idle()).toEqual(['/live.mp3'])
    const placed = placerOf(ours).place(asked)
    expect(ours.pulls.length).toBe(1)
    ours.play(0, 10)
    expect(await placed).toMatchObject({ serve: true })
    expect(ours.relays.idle()).toEqual([])
  })

  test('where it cannot be had, the listener is sent back', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const placed = placerOf(ours).place(asked)
    ours.newest().events.lost('answered 404')
    expect(await placed).toMatchObject({ status: 302 })
  })

  test('contract §6: those who wait for it take up room; the server is full when it is all taken', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const placer = placerOf(ours)
    ours.config.limits.maxListeners = 2
    const waiting = [placer.place(asked), placer.place(asked)]
    expect(placer.place(asked)).toMatchObject({ status: 302, forRoom: true })
    expect(placer.place({ ...asked, relayLogin: true })).toBeInstanceOf(Promise)
    ours.newest().events.lost('answered 404')
    await Promise.all(waiting)
    expect(placer.place(asked)).toBeInstanceOf(Promise)
  })

  test('it rests when the last listener has left, and can be pulled again', async () => {
    const ours = relaysInMemory({ onDemand: true })
    ours.list('/live.mp3\r\n')
    const first = placerOf(ours).place(asked)
    ours.play(0, 10)
    await first
    await ours.time.pass(3000)
    expect(ours.live()).toBeUndefined()
    expect(ours.pulls[0]?.closed).toBe(true)
    expect(ours.relays.idle()).toEqual(['/live.mp3'])
    const second = placerOf(ours).place(asked)
    ours.play(10, 10)
    expect(await second).toMatchObject({ serve: true })
  })
})

describe('polling the stream list', () => {
  function poller(answers: (url: string) => Response) {
    const time = new ManualTime()
    const times: number[] = []
    const lists: string[][] = []
    const order: string[] = []
    const master = { url: 'http://m.example', user: 'relay', password: 'pw' }
    const polling = new StreamListPoller(
      master,
      {
        timers: time,
        nowMs: time.nowMs,
        roll: () => 0,
        updateIntervalS: () => 10,
        beforeRequest: async (url) => {
          order.push(`report to ${url}`)
        },
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
    return { time, polling, lists, order, times }
  }

  test('S8: every update interval, each time right after a report', async () => {
    const { time, times, order, lists } = poller(() => new Response('/live.mp3\r\n'))
    await time.pass(25_000)
    expect(times).toEqual([0, 10_000, 20_000])
    const round = ['report to http://m.example', 'http://m.example/admin/streamlist.txt']
    expect(order).toEqual([...round, ...round, ...round])
    expect(lists[0]).toEqual(['/live.mp3'])
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

  test('a hurry never puts off what is due sooner', async () => {
    const { time, times, polling } = poller(() => new Response(''))
    await time.pass(9000)
    polling.hurry(60_000)
    await time.pass(2000)
    expect(times).toEqual([0, 10_000])
  })
})
