import { describe, expect, test } from 'vitest'
import type { MasterSettings } from '../../../../origin/config/xml/master-settings.ts'
import { Masters } from '../../../../origin/relay/lists/masters.ts'
import { type MasterList, mergeLists } from '../../../../origin/relay/lists/merged-lists.ts'
import type { Upstream } from '../../../../origin/relay/upstreams/upstream.ts'
import type { Mount } from '../../../../shared/mount.ts'
import { parseStreamList } from '../../../../shared/report/stream-list.ts'
import { ManualTime } from '../../../kit/base/manual-time.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')
const told = (url: string, text: string, isAnswering = true): MasterList => ({
  url,
  authorization: `to ${url}`,
  entries: parseStreamList(text).entries,
  isAnswering,
})
const urlsOf = (upstreams: readonly Upstream[] | undefined) => upstreams?.map(({ url }) => url.href)

describe('the lists of several masters', () => {
  test('are merged, and each mount has its upstreams in the order of the masters', () => {
    const merged = mergeLists([
      told('http://one.example', '/live.mp3\n/one.mp3\n'),
      told('http://two.example', '/live.mp3\n/two.mp3\n'),
    ])
    expect([...merged.keys()]).toEqual(['/live.mp3', '/one.mp3', '/two.mp3'])
    expect(urlsOf(merged.get(live))).toEqual(['http://one.example/live.mp3', 'http://two.example/live.mp3'])
  })

  test('of two edges of one cluster name one upstream twice, which counts once', () => {
    const list = 'http://master.example:8000/live.mp3\n'
    const merged = mergeLists([told('http://one.example', list), told('http://two.example', list)])
    expect(urlsOf(merged.get(live))).toEqual(['http://master.example:8000/live.mp3'])
  })

  test('keep the mounts of an unreachable master, as doubtful upstreams', () => {
    const merged = mergeLists([
      told('http://one.example', '/live.mp3\n', false),
      told('http://two.example', '/live.mp3\n'),
    ])
    expect(merged.get(live)?.map(({ isDoubtful }) => isDoubtful)).toEqual([true, false])
  })

  test("have each master's credentials for it and the hosts in its own list", () => {
    const merged = mergeLists([
      told('http://one.example', 'http://host.example/live.mp3\n'),
      told('http://two.example', '/live.mp3\n'),
    ])
    const [first, second] = merged.get(live) ?? []
    expect(first?.pass?.authorization).toBe('to http://one.example')
    expect([...(first?.pass?.origins ?? [])]).toEqual(['http://one.example', 'http://host.example'])
    expect([...(second?.pass?.origins ?? [])]).toEqual(['http://two.example'])
  })
})

describe('several masters', () => {
  /** Two masters in memory; the test decides what they answer. */
  function polled() {
    const time = new ManualTime()
    const answers = new Map<string, string | undefined>()
    const asked: string[] = []
    const held = new Map<string, Promise<void>>()
    /** Leaves a master's requests unanswered until the returned function is called. */
    const hold = (hostname: string) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held.set(hostname, promise)
      return resolve
    }
    let masters: MasterSettings[] = ['one', 'two'].map((name) => ({
      url: `http://${name}.example`,
      user: 'relay',
      password: name,
    }))
    let merged: ReadonlyMap<Mount, readonly Upstream[]> = new Map()
    const all = new Masters({
      timers: time,
      nowMs: time.nowMs,
      roll: () => 0,
      updateIntervalS: () => 10,
      isKnown: () => false,
      beforeRequest: async () => {},
      onAnswer: () => {},
      fetch: async (input) => {
        const { hostname } = new URL(String(input))
        asked.push(hostname)
        await held.get(hostname)
        const text = answers.get(hostname)
        return text === undefined ? new Response('', { status: 503 }) : new Response(text)
      },
      masters: () => masters,
      onLists: (lists) => {
        merged = lists
      },
    })
    const configure = (next = masters) => {
      masters = next
      all.configure()
    }
    return {
      time,
      answers,
      asked,
      all,
      configure,
      hold,
      masters: () => masters,
      live: () => merged.get(live),
    }
  }

  test("are each polled, and the first master's mount is preferred", async () => {
    const { time, answers, asked, configure, live } = polled()
    answers.set('one.example', '/live.mp3\n').set('two.example', '/live.mp3\n')
    configure()
    await time.pass(100)
    expect(asked).toEqual(['one.example', 'two.example'])
    expect(urlsOf(live())).toEqual(['http://one.example/live.mp3', 'http://two.example/live.mp3'])
  })

  test('a mount waits for the first answer of each, so that the first of them wins from the start, but only for a limited time', async () => {
    const { time, answers, configure, hold, live } = polled()
    answers.set('one.example', '/live.mp3\n').set('two.example', '/live.mp3\n')
    const release = hold('one.example')
    configure()
    await time.pass(1999)
    expect(live()).toBeUndefined()
    await time.pass(1)
    expect(urlsOf(live())).toEqual(['http://two.example/live.mp3'])
    release()
    await time.pass(1)
    expect(urlsOf(live())).toEqual(['http://one.example/live.mp3', 'http://two.example/live.mp3'])
  })

  test('one that does not answer comes last, and first again when it answers', async () => {
    const { time, answers, configure, live } = polled()
    answers.set('one.example', '/live.mp3\n').set('two.example', '/live.mp3\n')
    configure()
    await time.pass(100)
    answers.set('one.example', undefined)
    await time.pass(10_000)
    expect(live()?.map(({ isDoubtful }) => isDoubtful)).toEqual([true, false])
    answers.set('one.example', '/live.mp3\n')
    await time.pass(10_000)
    expect(live()?.map(({ isDoubtful }) => isDoubtful)).toEqual([false, false])
  })

  test('on SIGHUP an unchanged one is not asked again, a removed one takes its mounts along', async () => {
    const { time, answers, asked, configure, masters, live } = polled()
    answers.set('one.example', '/live.mp3\n').set('two.example', '/live.mp3\n')
    configure()
    await time.pass(100)
    configure(masters().slice(1))
    await time.pass(100)
    expect(asked.length).toBe(2)
    expect(urlsOf(live())).toEqual(['http://two.example/live.mp3'])
    await time.pass(10_000)
    expect(asked).toEqual(['one.example', 'two.example', 'two.example'])
  })

  test('a request for an unknown mount makes them be asked sooner, but not every such request does', async () => {
    const { time, answers, asked, all, configure } = polled()
    answers.set('one.example', '').set('two.example', '')
    configure()
    await time.pass(1000)
    for (let i = 0; i < 80; i++) {
      all.askForNew()
      await time.pass(100)
    }
    expect(asked.length).toBe(4)
  })
})
