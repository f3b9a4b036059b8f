import { describe, expect, test } from 'vitest'
import { edgeLimits } from '../../../edge/limits.ts'
import { IsolateExchange } from '../../../edge/workers/exchange.ts'
import { type ClusterStub, RemoteCluster } from '../../../edge/workers/remote-cluster.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import { seenData } from '../../../shared/api/seen.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { StoreError } from '../../../shared/cluster/store-error.ts'
import type { Server } from '../../../shared/draw/server.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf, reportOf, seededRoll } from '../../kit/parts/reports.ts'

const { snapshotFreshMs, snapshotStaleMs, snapshotWaitMs, flushMs, leaseMs } = edgeLimits
const accounts = {
  relayUser: 'relay',
  relayPasswords: [],
  adminUser: 'admin',
  adminPassword: undefined,
  masterPassword: undefined,
  relays: new Map(),
}

/** An object and as many isolates as a test asks for, on one clock; calls take `latencyMs`. */
function createObject() {
  const time = new ManualTime()
  const registry = new Registry(undefined, 100, 0)
  const local = localCluster(registry, accounts, time.nowMs)
  const state = {
    exchange: new IsolateExchange(registry, 'life-1', 3),
    latencyMs: 5,
    /** the fate of a call: answered, rejected, or lost */
    fate: 'answered' as 'answered' | 'refused' | 'dropped',
    calls: 0,
    stub: undefined as unknown as ClusterStub,
    gatherers: 0,
    /** those that reports went to */
    gathered: [] as number[],
    deadGatherer: undefined as number | undefined,
  }
  const sleep = (ms: number) => new Promise<void>((wake) => time.after(ms, wake))
  const across = async <T>(run: () => T | Promise<T>): Promise<T> => {
    state.calls++
    const { fate } = state
    await sleep(state.latencyMs)
    if (fate === 'dropped') await new Promise(() => {})
    if (fate === 'refused') throw new Error('the object is away')
    return structuredClone(await run())
  }
  const stub: ClusterStub = {
    exchange: (sent, have) => across(() => state.exchange.exchange(sent, have, time.nowMs())),
    accept: (post, epoch) =>
      across(async () => {
        const answer = await local.accept(post)
        const { id } = answer
        const own = epoch && id ? state.exchange.published.one(id, epoch) : undefined
        return { answer, own, gatherers: state.gatherers }
      }),
    acceptBy(gatherer, post, epoch) {
      state.gathered.push(gatherer)
      return gatherer === state.deadGatherer ? Promise.reject(new Error('away')) : stub.accept(post, epoch)
    },
    register: (registration) => across(() => local.register(registration)),
    addPolled: (body) => across(() => local.addPolled(body)),
    setDrain: (id, drained, by) => across(() => local.setDrain(id, drained, by)),
    forget: (id, by) => across(() => local.forget(id, by)),
    wrongLogin: (login) => across(() => local.wrongLogin(login)),
    history: (query) => across(() => local.history(query)),
    plays: (query) => across(() => local.plays(query)),
    seen: () => across(async () => seenData(registry, time.nowMs())),
    events: () => across(() => local.events()),
    check: () => across(() => local.check()),
  }
  state.stub = stub
  const isolate = (roll = 0) =>
    new RemoteCluster({
      stub: () => state.stub,
      nowMs: time.nowMs,
      roll: () => roll,
      sleep,
      defer: (work) => void work.catch(() => {}),
      maxListenersDefault: 100,
    })
  const report = (sent: Report) => registry.put(sent, printSourcelist(sent), time.nowMs())
  return { time, registry, state, isolate, report }
}

/** The object's exchanges, whose answers are made at once and take `ms` to arrive. */
const slowly =
  (state: ReturnType<typeof createObject>['state'], time: ManualTime, ms: number): ClusterStub['exchange'] =>
  async (sent, have) => {
    const news = state.exchange.exchange(sent, have, time.nowMs())
    await new Promise<void>((wake) => time.after(ms, wake))
    return news
  }

/** Runs work that waits while `ms` pass. */
async function during<T>(time: ManualTime, work: T | Promise<T>, ms = 1000): Promise<T> {
  const [result] = await Promise.all([work, time.pass(ms)])
  return result
}

const serverIn = (cluster: RemoteCluster, id: string): Server => {
  const view = cluster.current()
  const server = view instanceof Promise ? undefined : view.servers.get(id)
  if (!server) throw new Error(`the isolate does not know ${id}`)
  return server
}
const idsIn = async (view: ReturnType<RemoteCluster['current']>) => [...(await view).servers.keys()].sort()

describe('the snapshot of an isolate', () => {
  test('that is new gives up on an object that fails or never answers, and is complete once it answers', async () => {
    const { time, report, isolate, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    for (const fate of ['refused', 'dropped'] as const) {
      state.fate = fate
      const outcome = Promise.resolve(cluster.current()).then(
        () => 'a view',
        (error: unknown) => (error instanceof StoreError ? error.trouble : error),
      )
      expect(await during(time, outcome, leaseMs + 1000), fate).toBe('away')
    }
    state.fate = 'answered'
    expect(await during(time, idsIn(cluster.current()))).toEqual(['a'])
  })

  test('is fetched by the first request, and used without a call for 2 s', async () => {
    const { time, report, isolate, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    expect(await during(time, idsIn(cluster.current()), 10)).toEqual(['a'])
    await time.pass(snapshotFreshMs - 10)
    expect(cluster.current()).not.toBeInstanceOf(Promise)
    await time.pass(0)
    expect(state.calls).toBe(1)
  })

  test('older than 2 s is used once more while it is refreshed by one call', async () => {
    const { time, report, isolate, state } = createObject()
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    report(reportOf('new'))
    await time.pass(snapshotFreshMs + 1)
    const before = state.calls
    for (let i = 0; i < 100; i++) expect(await idsIn(cluster.current())).toEqual([])
    await time.pass(state.latencyMs)
    expect(await idsIn(cluster.current())).toEqual(['new'])
    expect(state.calls).toBe(before + 1)
  })

  test('is brought up to date by each flush of redirects, so that a busy isolate makes one call for both', async () => {
    const { time, report, isolate, state } = createObject()
    report(reportOf('a', { interval: 3600 }))
    const cluster = isolate(0.99)
    await during(time, cluster.current(), 10)
    const before = state.calls
    const flushes = 10
    for (let passedMs = 0; passedMs < flushes * flushMs; passedMs += 100) {
      await cluster.current()
      cluster.redirected(serverIn(cluster, 'a'), 0)
      await time.pass(100)
    }
    expect(state.calls - before).toBeGreaterThanOrEqual(flushes - 2)
    expect(state.calls - before).toBeLessThanOrEqual(flushes)
  })

  test('older than 10 s is waited for, with one call for all that wait', async () => {
    const { time, report, isolate, state } = createObject()
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    await time.pass(snapshotStaleMs + 1)
    report(reportOf('new'))
    const before = state.calls
    const waiting = Array.from({ length: 10 }, () => idsIn(cluster.current()))
    expect(await during(time, Promise.all(waiting), 50)).toEqual(waiting.map(() => ['new']))
    expect(state.calls).toBe(before + 1)
  })

  test('is used after 250 ms as far as it is live if the object does not answer', async () => {
    const { time, report, isolate, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    await time.pass(snapshotStaleMs + 1)
    state.fate = 'dropped'
    const since = time.nowMs()
    let answeredMs = 0
    const answered = Promise.resolve(cluster.current()).then((view) => {
      answeredMs = time.nowMs() - since
      return [...view.servers.keys()]
    })
    expect(await during(time, answered, 1000)).toEqual(['a'])
    expect(answeredMs).toBe(snapshotWaitMs)
  })

  test('is fetched again once the lease is over, if the runtime dropped its call', async () => {
    const { time, report, isolate, state } = createObject()
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    state.fate = 'dropped'
    await time.pass(snapshotFreshMs + 1)
    cluster.current()
    await time.pass(10)
    state.fate = 'answered'
    report(reportOf('new'))
    cluster.current()
    await time.pass(leaseMs - 20)
    expect(await idsIn(cluster.current()), 'the lease holds').toEqual([])
    await time.pass(20)
    cluster.current()
    await time.pass(10)
    expect(await idsIn(cluster.current())).toEqual(['new'])
  })

  test('of an isolate that cannot reach the object is an error, not an empty cluster', async () => {
    const { time, isolate, state } = createObject()
    state.fate = 'refused'
    await expect(during(time, Promise.resolve(isolate().current()))).rejects.toThrow('the object is away')
  })

  test('is as old as the question for it, however long the answer took', async () => {
    const { time, isolate, state, report } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    const { exchange } = state.stub
    state.stub.exchange = slowly(state, time, snapshotStaleMs + 1000)
    const slow = cluster.fresh()
    await time.pass(1)
    report(reportOf('a', { state: 'leaving' }))
    await during(time, slow, snapshotStaleMs + 1000)
    state.stub.exchange = exchange
    const server = async () => (await cluster.current()).servers.get('a')
    expect(await during(time, server(), snapshotWaitMs)).toMatchObject({ report: { state: 'leaving' } })
  })

  test.each([[undefined], ['life-0']])(
    'is not undone by a late answer of an earlier life of the object (asked with %s)',
    async (first) => {
      const { time, isolate, state, report, registry } = createObject()
      report(reportOf('a'))
      const cluster = isolate()
      if (first !== undefined) {
        state.exchange = new IsolateExchange(registry, first, 3)
        await during(time, cluster.current(), 10)
      }
      state.exchange = new IsolateExchange(registry, 'life-1', 3)
      const { exchange } = state.stub
      state.stub.exchange = slowly(state, time, 1000)
      const slow = cluster.fresh()
      await time.pass(1)
      state.stub.exchange = exchange
      state.exchange = new IsolateExchange(registry, 'life-2', 3)
      report(reportOf('a', { state: 'leaving' }))
      await during(time, cluster.fresh(), 10)
      await time.pass(900)
      expect(serverIn(cluster, 'a').report.state).toBe('leaving')
      await during(time, slow, 1000)
      expect(serverIn(cluster, 'a').report.state).toBe('leaving')
    },
  )

  test('loses the servers that were removed, and all of them if the object restarted', async () => {
    const { time, registry, report, isolate, state } = createObject()
    for (const id of ['a', 'b', 'c']) report(reportOf(id))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    registry.forget('b')
    expect(await idsIn(during(time, cluster.fresh()))).toEqual(['a', 'c'])
    registry.forget('c')
    state.exchange = new IsolateExchange(registry, 'life-2', 3)
    expect(await idsIn(during(time, cluster.fresh()))).toEqual(['a'])
  })
})

describe('S10: an isolate that cannot reach its object', () => {
  const goesTo = async (cluster: RemoteCluster, time: ManualTime) => {
    const view = await during(time, cluster.current(), snapshotWaitMs + 100)
    return view.draw({ mount: mountOf('/live.mp3'), secure: false }, time.nowMs(), () => 0)?.server.report.id
  }

  test.each(['refused', 'dropped'] as const)(
    'goes on by the last snapshot for ten minutes (calls are %s), says so once, and goes by the object again',
    async (fate) => {
      const { time, report, isolate, state } = createObject()
      report(reportOf('alone'))
      const cluster = isolate()
      const lines = await logged(async () => {
        expect(await goesTo(cluster, time)).toBe('alone')
        state.fate = fate
        for (let minute = 0; minute < 9; minute++) {
          await time.pass(60_000)
          expect(await goesTo(cluster, time), `after ${minute} min`).toBe('alone')
        }
        await time.pass(70_000)
        expect(await goesTo(cluster, time)).toBeUndefined()
        report(reportOf('alone'))
        state.fate = 'answered'
        await time.pass(leaseMs)
        expect(await goesTo(cluster, time)).toBe('alone')
        await time.pass(27_000)
        expect(await goesTo(cluster, time), 'it is stale, as the object says').toBeUndefined()
      })
      const said = lines.map(({ message }) => message.join(''))
      expect(said.filter((text) => text.includes('object'))).toEqual([
        'cluster object does not answer: the last snapshot is used',
        'cluster object answers again',
      ])
    },
  )

  test('leaves out the servers that were stale in it', async () => {
    const { time, report, isolate, state } = createObject()
    report(reportOf('dead'))
    await time.pass(20_000)
    report(reportOf('a', { maxListeners: 1 }))
    await time.pass(10_000)
    const cluster = isolate()
    expect(await goesTo(cluster, time)).toBe('a')
    state.fate = 'refused'
    await time.pass(60_000)
    expect(await goesTo(cluster, time)).toBe('a')
  })

  test('learns from the object which servers it keeps in because it hears nobody itself', async () => {
    const { time, report, isolate, registry } = createObject()
    for (const id of ['a', 'b']) report(reportOf(id))
    const cluster = isolate()
    expect(await goesTo(cluster, time)).toBeDefined()
    for (let i = 0; i < 120; i++) {
      await time.pass(500)
      registry.sweep(time.nowMs())
    }
    expect(await goesTo(cluster, time)).toBeDefined()
  })
})

describe('debits', () => {
  test('S9: count in the isolate at once, reach the object in one batch, and every other isolate with it', async () => {
    const { time, report, isolate, state, registry } = createObject()
    report(reportOf('a'))
    const [one, other] = [isolate(), isolate()]
    await during(time, Promise.all([one.current(), other.current()]), 10)
    const before = state.calls
    for (let i = 0; i < 30; i++) one.redirected(serverIn(one, 'a'), 128)
    expect(serverIn(one, 'a')).toMatchObject({ debit: 30, debitKbps: 3840 })
    await time.pass(flushMs + 10)
    expect(state.calls).toBe(before + 1)
    expect(registry.view.servers.get('a')).toMatchObject({ debit: 30, debitKbps: 3840 })
    await during(time, other.fresh())
    expect(serverIn(other, 'a')).toMatchObject({ debit: 30, debitKbps: 3840 })
    expect(serverIn(one, 'a'), 'its own are not counted twice').toMatchObject({ debit: 30, debitKbps: 3840 })
  })

  test('that were made while a batch was being sent are kept for the next', async () => {
    const { time, report, isolate, registry, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    cluster.redirected(serverIn(cluster, 'a'), 0)
    await time.pass(flushMs)
    cluster.redirected(serverIn(cluster, 'a'), 0) // the batch is being sent
    await time.pass(state.latencyMs)
    expect(serverIn(cluster, 'a').debit).toBe(2)
    expect(registry.view.servers.get('a')?.debit).toBe(1)
    await time.pass(flushMs + 10)
    expect(registry.view.servers.get('a')?.debit).toBe(2)
    expect(serverIn(cluster, 'a').debit).toBe(2)
  })

  test('that the object rejected are sent again', async () => {
    const { time, report, isolate, registry, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    state.fate = 'refused'
    cluster.redirected(serverIn(cluster, 'a'), 0)
    await time.pass(flushMs + 10)
    state.fate = 'answered'
    expect(registry.view.servers.get('a')?.debit).toBe(0)
    await time.pass(2 * flushMs + 10)
    expect(registry.view.servers.get('a')?.debit).toBe(1)
  })

  test('end with the next report, and the weight that rises then is seen by the draw', async () => {
    const { time, report, isolate } = createObject()
    report(reportOf('a', { maxListeners: 1000 }))
    report(reportOf('b', { maxListeners: 10 }))
    const cluster = isolate()
    const view = await during(time, cluster.current(), 10)
    const roll = seededRoll(1)
    const draws = () => {
      const ids = Array.from({ length: 200 }, () =>
        view.pool(mountOf('/live.mp3'), false)?.draw(time.nowMs(), roll),
      )
      return ids.filter((candidate) => candidate?.server.report.id === 'a').length
    }
    for (let i = 0; i < 1000; i++) cluster.redirected(serverIn(cluster, 'a'), 0)
    expect(draws(), 'all its slots are spoken for').toBe(0)
    await time.pass(flushMs + 10)
    report(reportOf('a', { maxListeners: 1000 }))
    await during(time, cluster.fresh())
    expect(draws()).toBeGreaterThan(150)
  })

  test('that fall without a report, since the object restarted, are seen by the draw too', async () => {
    const { time, report, registry, isolate, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    const view = await during(time, cluster.current(), 10)
    for (let i = 0; i < 100; i++) cluster.redirected(serverIn(cluster, 'a'), 0)
    const draw = () => view.pool(mountOf('/live.mp3'), false)?.draw(time.nowMs(), seededRoll(1))
    draw() // the drum has now seen the weight 0
    await time.pass(flushMs + 10)
    const held = registry.view.servers.get('a')
    if (held) held.debit = 0
    state.exchange = new IsolateExchange(registry, 'life-2', 3)
    await during(time, cluster.fresh())
    expect(serverIn(cluster, 'a').debit).toBe(0)
    expect(draw()?.server.debit).toBe(0)
  })
})

describe('a report', () => {
  const postOf = (report: Report) => ({
    sourcelist: printSourcelist(report),
    reporter: { kind: 'relay' as const },
    remote: undefined,
    edgeUrls: [],
  })

  test('is known at once to the isolate that received it, by the same call and without news of other servers', async () => {
    const { time, isolate, state, report } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    report(reportOf('other'))
    expect(await during(time, cluster.accept(postOf(reportOf('a', { state: 'leaving' }))), 10)).toMatchObject(
      {
        status: 200,
      },
    )
    expect(serverIn(cluster, 'a').report.state).toBe('leaving')
    expect(await idsIn(cluster.current())).toEqual(['a'])
    expect(state.calls).toBe(2)
  })

  test('to an object that has restarted is known to the next listener, which waits for the new snapshot', async () => {
    const { time, isolate, state, report, registry } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    state.exchange = new IsolateExchange(registry, 'life-2', 3)
    await during(time, cluster.accept(postOf(reportOf('new'))), 10)
    expect(await during(time, idsIn(cluster.current()), snapshotWaitMs)).toEqual(['a', 'new'])
  })

  test('brings nothing back to an isolate that has no listeners', async () => {
    const { time, isolate, state } = createObject()
    const cluster = isolate()
    const answers: unknown[] = []
    const { accept } = state.stub
    state.stub.accept = async (post, epoch) => {
      const accepted = await accept(post, epoch)
      answers.push(accepted.own)
      return accepted
    }
    await during(time, cluster.accept(postOf(reportOf('a'))), 10)
    await during(time, cluster.current(), 10)
    await during(time, cluster.accept(postOf(reportOf('a', { listeners: 1 }))), 10)
    await time.pass(snapshotStaleMs)
    await during(time, cluster.accept(postOf(reportOf('a', { listeners: 2 }))), 10)
    expect(answers).toEqual([undefined, expect.objectContaining({ isLast: false }), undefined])
  })

  test('goes to objects that gather them once the object asks for it, and to itself where one does not answer', async () => {
    const { time, isolate, state } = createObject()
    const cluster = isolate(0.5)
    const send = () => during(time, cluster.accept(postOf(reportOf('a'))), 10)
    await send()
    state.gatherers = 4
    await send()
    expect(state.gathered).toEqual([])
    await send()
    expect(state.gathered).toEqual([2])
    state.deadGatherer = 2
    const lines = await logged(async () => expect(await send()).toMatchObject({ status: 200 }))
    expect(lines).toMatchObject([{ properties: { gatherer: 2 } }])
    state.gatherers = 0
    await send()
    state.gathered = []
    await send()
    expect(state.gathered).toEqual([])
  })

  test('is not undone by news that were on their way before it', async () => {
    const { time, isolate, report, state } = createObject()
    report(reportOf('a'))
    const cluster = isolate()
    await during(time, cluster.current(), 10)
    report(reportOf('a', { listeners: 1, state: 'draining' }))
    const { exchange } = state.stub
    state.stub.exchange = async (sent, have) => {
      const news = state.exchange.exchange(sent, have, time.nowMs())
      await new Promise<void>((wake) => time.after(100, wake))
      return news
    }
    const slow = cluster.fresh()
    await during(time, cluster.accept(postOf(reportOf('a', { listeners: 2, state: 'leaving' }))), 10)
    await during(time, slow, 100)
    expect(serverIn(cluster, 'a').report).toMatchObject({ listeners: 2, state: 'leaving' })
    state.stub.exchange = exchange
    await during(time, cluster.fresh(), 10)
    expect(serverIn(cluster, 'a').report).toMatchObject({ listeners: 2, state: 'leaving' })
  })
})
