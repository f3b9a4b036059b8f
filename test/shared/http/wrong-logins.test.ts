import { describe, expect, test } from 'vitest'
import { type WrongLoginBounds, WrongLogins } from '../../../shared/http/wrong-logins.ts'
import { logged } from '../../kit/base/log-records.ts'

const usual: WrongLoginBounds = {
  ofNetwork: { burst: 2, perSecond: 1 },
  ofUser: { burst: 3, perSecond: 1 },
  debtMax: 10,
  delayMs: 100,
  delayMsMax: 1000,
  delayedMax: 1,
  queuedMax: 2,
  allDelayedMax: 3,
  countedMax: 4,
  rightMax: 2,
  lines: { burst: 100, perSecond: 1 },
  linesOfNetwork: { burst: 1, perSecond: 1 },
  userLengthMax: 4,
  pathLengthMax: 3,
}

/** Networks are addresses, and a sleep ends as the test says. */
function made(over: Partial<WrongLoginBounds> = {}) {
  const clock = { ms: 0 }
  const sleeps: { ms: number; wake: () => void }[] = []
  const told: (string | undefined)[] = []
  const deps = {
    nowMs: () => clock.ms,
    sleep: (ms: number) => new Promise<void>((wake) => sleeps.push({ ms, wake })),
    networkOf: (address: string | undefined) => address ?? 'unknown',
    keyOf: (address: string | undefined, authorization: string) => `${address} ${authorization}`,
    told: ({ address }: { address: string | undefined }) => told.push(address),
  }
  const logins = new WrongLogins(deps, { ...usual, ...over })
  const wrong = (address: string, user?: string) => logins.wrong({ door: 'api', address, user })
  return { clock, logins, sleeps, told, wrong, wake: () => sleeps.shift()?.wake() }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the answer to a wrong login', () => {
  test('is late once there were many of its network or for its user, twice as late each time, up to a bound', () => {
    const { logins, clock } = made()
    const note = (address: string, user?: string) => logins.note({ door: 'api', address, user })
    expect(Array.from({ length: 7 }, () => note('a'))).toEqual([0, 0, 100, 200, 400, 800, 1000])
    expect([logins.isLate('a'), logins.isLate('b')]).toEqual([true, false])
    expect(['c', 'd', 'e', 'f', 'g'].map((address) => note(address, 'bob'))).toEqual([0, 0, 0, 100, 200])
    expect(
      ['h', 'i', 'j', 'k', 'l'].map((address) => note(address)),
      'a password without a user',
    ).toEqual([0, 0, 0, 0, 0])
    clock.ms = 60_000
    expect([note('a'), logins.isLate('a')]).toEqual([0, false])
  })

  test('waits in turn with those of its network, while one that was right before is checked at once', async () => {
    const { logins, wrong, wake, sleeps } = made()
    logins.right('a', 'good')
    for (let i = 0; i < 2; i++) await wrong('a')
    expect(logins.turn('a', 'x')).toBeUndefined()
    const late = wrong('a')
    expect(sleeps.map(({ ms }) => ms)).toEqual([100])
    expect([logins.turn('a', 'good'), logins.turn('b', 'x')]).toEqual([undefined, undefined])
    const order: string[] = []
    const waits = ['first', 'second'].map((name) =>
      Promise.resolve(logins.turn('a', name)).then(() => order.push(name)),
    )
    expect(logins.turn('a', 'third')).toBe('busy')
    wake()
    await late
    await settled()
    expect(order, 'the end of a wait calls one').toEqual(['first'])
    expect(
      sleeps.map(({ ms }) => ms),
      'and the rest is called later',
    ).toEqual([1000])
    wake()
    await Promise.all(waits)
    expect(order).toEqual(['first', 'second'])
    expect(logins.turn('a', 'x'), 'nobody waits any more').toBeUndefined()
    expect(sleeps).toEqual([])
  })

  test('calls the logins that wait only as far as few answers do, and forgets none of them', async () => {
    const { logins, wrong, wake, sleeps } = made({ queuedMax: 3 })
    for (let i = 0; i < 2; i++) await wrong('a')
    const order: string[] = []
    const late = wrong('a')
    const waits = ['first', 'second', 'third'].map((name) =>
      Promise.resolve(logins.turn('a', name)).then(() => order.push(name)),
    )
    const woken = async () => {
      wake()
      await settled()
      return [order.length, sleeps.length]
    }
    expect(await woken(), 'the answer is sent').toEqual([1, 1])
    await late
    const next = wrong('a')
    expect(await woken(), 'another one waits').toEqual([1, 2])
    expect(await woken(), 'which is sent').toEqual([2, 1])
    await next
    expect(await woken()).toEqual([3, 0])
    await Promise.all(waits)
    expect(order).toEqual(['first', 'second', 'third'])
  })

  test('lets logins of its network wait as long as any other is late', async () => {
    const { logins, wrong, wake } = made()
    for (let i = 0; i < 2; i++) await wrong('a')
    const [one, other] = [wrong('a'), wrong('a')]
    wake()
    await one
    const waiting = logins.turn('a', 'x')
    expect(waiting).toBeInstanceOf(Promise)
    wake()
    await Promise.all([other, waiting])
    expect(logins.turn('a', 'x')).toBeUndefined()
  })

  test('does not wait while those of too many networks do', async () => {
    const { wrong, sleeps, wake } = made()
    const late: Promise<void>[] = []
    for (const address of ['a', 'b', 'c', 'd']) for (let i = 0; i < 3; i++) late.push(wrong(address))
    expect(sleeps).toHaveLength(3)
    await late.at(-1)
    for (let i = 0; i < 3; i++) wake()
    await Promise.all(late)
    void wrong('a')
    expect(sleeps, 'they have ended').toHaveLength(1)
  })
})

test('the newest right logins are remembered', () => {
  const { logins } = made()
  for (const key of ['one', 'two', 'one', 'three']) logins.right('a', key)
  logins.right('a', undefined)
  expect(['one', 'two', 'three'].map((key) => logins.wasRight('a', key))).toEqual([true, false, true])
  expect(logins.wasRight('b', 'one')).toBe(false)
})

test('a wrong login is a line with its user and path, cut, and the next lines of its network say how many there were', async () => {
  const { logins, clock, told } = made()
  const records = await logged(() => {
    logins.note({ door: 'api', address: 'a', user: 'somebody', path: '/live', why: 'old' })
    for (let i = 0; i < 3; i++) logins.note({ door: 'api', address: 'a', user: 'bob' })
    logins.note({ door: 'api', address: 'b', user: undefined })
    clock.ms = 1000
    logins.note({ door: 'api', address: 'a', user: 'bob' })
  })
  expect(records.map(({ properties }) => properties)).toEqual([
    { door: 'api', address: 'a', user: 'some', path: '/li', why: 'old', times: 1, leftOut: 0 },
    { door: 'api', address: 'b', user: undefined, times: 1, leftOut: 3 },
    { door: 'api', address: 'a', user: 'bob', times: 4, leftOut: 0 },
  ])
  expect(told).toEqual(['a', 'b', 'a'])
})

test('of very many networks the oldest are forgotten', async () => {
  const { logins, clock } = made({ linesOfNetwork: { burst: 1, perSecond: 0.001 } })
  const note = (address: string) => logins.note({ door: 'api', address, user: undefined })
  for (const address of ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'e']) note(address)
  clock.ms = 2_000_000
  const records = await logged(() => {
    for (const address of ['b', 'a']) note(address)
  })
  expect(records.map(({ properties: { address, times } }) => [address, times])).toEqual([
    ['b', 2],
    ['a', 1],
  ])
})
