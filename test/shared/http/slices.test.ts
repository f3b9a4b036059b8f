import { describe, expect, test } from 'vitest'
import { edgeMetricSteps } from '../../../edge/pages/metrics.ts'
import { type ClusterShown, clusterJson, clusterText } from '../../../shared/api/describe-cluster.ts'
import { mountsJson, mountsText, serversJson, serversText } from '../../../shared/api/json.ts'
import { type Moment, momentOf } from '../../../shared/draw/moment.ts'
import { View } from '../../../shared/draw/view.ts'
import { newAnswers, type Totals } from '../../../shared/history/counts.ts'
import {
  jsonArray,
  jsonInPieces,
  jsonObject,
  SlicedText,
  type SliceStep,
  slicedBody,
  sliceOf,
  textOf,
} from '../../../shared/http/slices.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

/** Steps of a hundred characters, counted as they are made. */
function counted(steps: number) {
  const made = { steps: 0 }
  function* work(): Generator<SliceStep, void> {
    for (let i = 0; i < steps; i++) {
      made.steps++
      yield `${String(i).padStart(99, '.')}\n`
      yield 3
    }
  }
  return { made, work: work() }
}

/** A view of servers that carry as many mounts each. */
function viewOf(
  servers: number,
  mounts: number,
  listeners = 1,
  shown: (report: Report) => Report = (report) => report,
): View {
  const view = new View(100)
  const all = Array.from({ length: mounts }, (_, i) => mountReport(`/m${i}`, { listeners }))
  const made = Array.from({ length: servers }, (_, i) => {
    const server = serverOf(`s${i}`, { listeners, mounts: all, bandwidth: 9, maxBandwidth: 99 })
    return { ...server, report: shown(server.report) }
  })
  view.load(made, 0)
  return view
}

/** A tenth of a slice, so that a tenth of the servers are many. */
const short = { chars: 6_554, units: 500 }

/** A report that tells of each field that is read. */
const counting = (report: Report, look: () => void): Report =>
  new Proxy(report, {
    get(target, name) {
      look()
      return Reflect.get(target, name)
    },
  })

const shown: ClusterShown = {
  seen: {
    perMinute: { answers: {}, sendBacks: 0, refusals: 0, joins: 0 },
    serverOf: () => undefined,
    countries: {},
    totals: () => totals,
  },
  events: [],
  atMs: 0,
  isHttps: false,
}
const totals: Totals = { answers: newAnswers(), sendBacks: {}, joins: {}, reports: {} }
const answers: Record<string, (moment: Moment) => Iterator<SliceStep, unknown>> = {
  '/api/servers': (moment) => serversText(moment, false),
  '/api/mounts': (moment) => mountsText(moment),
  '/api/cluster': (moment) => clusterText(moment, shown),
  '/metrics': (moment) => edgeMetricSteps(moment, totals),
}

describe('a long answer in slices', () => {
  test('visits as many entries a slice, however long it is', () => {
    const mostOf = (view: View) => {
      const visits: number[] = []
      const work = serversText(momentOf(view, 0), false)
      for (let isLast = false; !isLast; ) {
        const slice = sliceOf(work)
        isLast = slice.isLast
        visits.push(slice.text.split('"id":').length - 1)
      }
      return Math.max(...visits)
    }
    const most = mostOf(viewOf(250, 100))
    expect(most).toBeLessThan(100)
    expect(mostOf(viewOf(500, 100))).toBe(most)
  })

  describe('looks at as many things in a slice, however many servers there are:', () => {
    let looks = 0
    const momentsOf = (servers: number) =>
      momentOf(
        viewOf(servers, 1, 1, (report) => counting(report, () => looks++)),
        0,
      )
    const [few, many] = [momentsOf(600), momentsOf(1200)]
    const mostOf = (work: Iterator<SliceStep, unknown>) => {
      let most = 0
      for (let isLast = false; !isLast; ) {
        looks = 0
        isLast = sliceOf(work, short).isLast
        most = Math.max(most, looks)
      }
      return most
    }
    test.each(Object.entries(answers))('%s', (_, begin) => {
      expect(mostOf(begin(many))).toBeLessThan(mostOf(begin(few)) * 1.1)
    })
  })

  test('lets others run between any two of them', async () => {
    const turnsOf = async (steps: number) => {
      const { work } = counted(steps)
      let turns = 0
      let isOver = false
      const others = () => {
        turns++
        if (!isOver) setTimeout(others, 0)
      }
      setTimeout(others, 0)
      await new Response(slicedBody(work)).text()
      isOver = true
      return turns
    }
    const few = await turnsOf(5_000)
    const many = await turnsOf(20_000)
    expect(few).toBeGreaterThan(3)
    expect(many).toBeGreaterThan(12)
  })

  test('ends with its reader', async () => {
    const { made, work } = counted(50_000)
    const reader = slicedBody(work).getReader()
    await reader.read()
    await reader.read()
    await reader.cancel()
    const after = made.steps
    // as many turns as would make the rest
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
    expect(made.steps).toBe(after)
    expect(after).toBeLessThan(5_000)
  })

  test('is made once for all who read it while it is new', async () => {
    const { made, work } = counted(5_000)
    let nowMs = 0
    const text = new SlicedText(work, () => nowMs)
    const [one, other] = await Promise.all([1, 2].map(() => new Response(text.body()).text()))
    expect(one).toBe(other)
    expect(one?.length).toBe(500_000)
    expect(made.steps).toBe(5_000)
    expect(text.isNew).toBe(true)
    nowMs = 1000
    expect(text.isNew).toBe(false)
  })

  test('fails for its reader if the work fails', async () => {
    function* failing(): Generator<SliceStep, void> {
      yield 'x'.repeat(70_000)
      throw new Error('broken')
    }
    await expect(new Response(slicedBody(failing())).text()).rejects.toThrow('broken')
  })

  test('fails for all who read it, and is not given to others as the whole', async () => {
    function* failing(): Generator<SliceStep, void> {
      yield 'x'.repeat(70_000)
      throw new Error('broken')
    }
    const text = new SlicedText(failing())
    for (let i = 0; i < 3; i++) await expect(new Response(text.body()).text()).rejects.toThrow('broken')
    expect(text.isNew).toBe(false)
  })

  test('is an array of JSON, an empty one too', async () => {
    for (const all of [[], [1], ['a', { b: [] }]] as unknown[][])
      expect(JSON.parse(await new Response(slicedBody(jsonArray(all))).text())).toEqual(all)
  })

  test.each([
    [
      '/api/servers',
      (view: View) => serversText(momentOf(view, 0), false),
      (view: View) => serversJson(view, 0),
    ],
    ['/api/mounts', (view: View) => mountsText(momentOf(view, 0)), (view: View) => mountsJson(view, 0)],
    [
      '/api/cluster',
      (view: View) => clusterText(momentOf(view, 0), shown),
      (view: View) => clusterJson(view, shown.seen, [], 0, 0, false),
    ],
  ])('%s is of the moment it was asked for, whatever is reported meanwhile', async (_, textOf, jsonOf) => {
    const view = viewOf(400, 60)
    const then = JSON.parse(JSON.stringify(jsonOf(view)))
    const reader = slicedBody(textOf(view)).getReader()
    const decoder = new TextDecoder()
    let text = ''
    for (let at = 0; ; at++) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
      const server = view.servers.get(`s${399 - at}`)
      if (server) server.debit += 5
      view.put(serverOf(`s${398 - at}`, { listeners: 50, mounts: [mountReport('/other', { listeners: 9 })] }))
      view.remove(`s${300 - at}`)
    }
    expect(JSON.parse(text)).toEqual(then)
  })
})

test('the text of steps is made at once, and a slice ends by its characters or its units', () => {
  expect(textOf(counted(3).work)).toBe(`${'.'.repeat(98)}0\n${'.'.repeat(98)}1\n${'.'.repeat(98)}2\n`)
  const steps = (max: { chars: number; units: number }) => {
    const { made, work } = counted(1000)
    const { text, isLast } = sliceOf(work, max)
    return [made.steps, text.length, isLast]
  }
  expect(steps({ chars: 300, units: 10_000 })).toEqual([3, 300, false])
  // a step of text is one, and one that says 3 counts as four
  expect(steps({ chars: 100_000, units: 10 })).toEqual([2, 200, false])
  expect(steps({ chars: 100_001, units: 1_000_000 })).toEqual([1000, 100_000, true])
})

test('a long array or object is printed some elements a step, and is whole JSON', () => {
  const numbers = Array.from({ length: 2500 }, (_, i) => i)
  const steps = [...jsonInPieces(numbers)]
  expect(JSON.parse(textOf(jsonInPieces(numbers)))).toEqual(numbers)
  expect(steps.filter((step) => typeof step === 'number')).toEqual([1000, 1000])
  expect(textOf(jsonInPieces([]))).toBe('[]')
  expect(
    textOf(
      jsonObject([
        ['a "b"', 1],
        ['c', 2],
      ]),
    ),
  ).toBe('{"a \\"b\\"":1,"c":2}')
  expect(textOf(jsonObject([]))).toBe('{}')
})

test('an answer in the making is given to others for ten seconds, and a whole one for a second', async () => {
  let nowMs = 1000
  const answer = new SlicedText(counted(3).work, () => nowMs)
  const isNewAt = (atMs: number) => {
    nowMs = atMs
    return answer.isNew
  }
  expect([isNewAt(10_999), isNewAt(11_000)]).toEqual([true, false])
  nowMs = 5000
  expect((await new Response(answer.body()).text()).length).toBe(300)
  expect([isNewAt(5999), isNewAt(6000)]).toEqual([true, false])
})
