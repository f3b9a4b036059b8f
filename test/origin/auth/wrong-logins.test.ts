import { configure, type LogRecord, reset } from '@logtape/logtape'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authLimits as limits } from '../../../origin/auth/limits.ts'
import { originWrongLogins } from '../../../origin/auth/wrong-logins.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const lines: LogRecord[] = []
beforeEach(() =>
  configure({
    reset: true,
    sinks: { kept: (record) => void lines.push(record) },
    loggers: [
      { category: ['distributary'], sinks: ['kept'] },
      { category: ['logtape', 'meta'], sinks: [] },
    ],
  }),
)
afterEach(async () => {
  await reset()
  lines.length = 0
})

function doors() {
  const time = new ManualTime()
  const wrongLogins = originWrongLogins(time.nowMs, time)
  const guess = (address: string, user = 'admin') =>
    wrongLogins.wrong({ door: 'admin', address, user, path: '/admin/stats' })
  /** ms until the answer */
  const waited = async (answer: Promise<void>) => {
    const fromMs = time.nowMs()
    let atMs: number | undefined
    answer.then(() => {
      atMs = time.nowMs()
    })
    await time.pass(2 * limits.wrongMsMax)
    return (atMs ?? Number.NaN) - fromMs
  }
  return { time, wrongLogins, guess, waited }
}
const one = '192.0.2.1'

describe('wrong logins', () => {
  test('a few are answered at once; then each waits longer, up to a bound', async () => {
    const { guess, waited } = doors()
    const waits: number[] = []
    for (let i = 0; i < 12; i++) waits.push(await waited(guess(one, `user${i}`)))
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    // one is forgotten every 10 s, and each of these took 2
    expect(waits.at(-1)).toBe(limits.wrongMsMax)
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
  })

  test('are counted by network over all its addresses, and by user over all networks', async () => {
    const { guess, waited } = doors()
    for (let i = 0; i < 20; i++) guess(`2001:db8::${i}`, `user${i}`)
    expect(await waited(guess('2001:db8::ffff', 'nobody'))).toBe(limits.wrongMsMax)
    expect(await waited(guess('198.51.100.1', 'nobody'))).toBe(0)
    for (let i = 0; i < 20; i++) guess(`203.0.${i}.1`, 'ann')
    expect(await waited(guess('198.51.101.1', 'ann'))).toBe(limits.wrongMsMax)
  })

  test('are forgotten', async () => {
    const { guess, waited, time } = doors()
    for (let i = 0; i < 20; i++) guess(one)
    await time.pass(20 * limits.wrongForgottenMs)
    expect(await waited(guess(one))).toBe(0)
  })

  test('on many connections at once guess no faster: further logins of that network wait to be checked, a correct one does not', async () => {
    const { guess, wrongLogins, time } = doors()
    wrongLogins.right('192.0.2.99', 'Basic right')
    for (let i = 0; i < limits.wrongPerNetworkMax + limits.wrongFreely; i++) guess(one)
    expect(wrongLogins.turn('192.0.2.99', 'Basic right')).toBeUndefined()
    expect(wrongLogins.turn('198.51.100.1', 'Basic new')).toBeUndefined()
    let looked = 0
    const turns = Array.from({ length: limits.loginsWaitingMax }, () => wrongLogins.turn(one, 'Basic guess'))
    for (const turn of turns) if (turn !== undefined && turn !== 'busy') turn.then(() => looked++)
    expect(wrongLogins.turn(one, 'Basic guess')).toBe('busy')
    await time.pass(limits.wrongMsMax)
    expect(looked).toBe(limits.wrongPerNetworkMax)
  })

  test('forget no right login for another one that is written in many ways', () => {
    const { guess, wrongLogins } = doors()
    const right = printBasic({ user: 'admin', password: 'right' })
    wrongLogins.right(one, right)
    for (let i = 2; i < limits.rightLoginsMax + 10; i++)
      wrongLogins.right(one, printBasic({ user: 'bob', password: 'geheim' }).replace(' ', ' '.repeat(i)))
    for (let i = 0; i < limits.wrongPerNetworkMax + limits.wrongFreely; i++) guess(one)
    expect(wrongLogins.turn(one, right)).toBeUndefined()
  })

  test('if the queue is full, a login that was correct from another address is refused unchecked, like any wrong one', () => {
    const { guess, wrongLogins } = doors()
    wrongLogins.right('203.0.113.7', 'Basic right')
    for (let i = 0; i < limits.wrongPerNetworkMax + limits.wrongFreely; i++) guess(one)
    for (let i = 0; i < limits.loginsWaitingMax; i++) wrongLogins.turn(one, 'Basic guess')
    expect(wrongLogins.turn(one, 'Basic guess')).toBe('busy')
    expect(wrongLogins.turn(one, 'Basic right')).toBe('busy')
  })

  test('do not delay waiting correct logins for long, even if a few wrong ones keep coming', async () => {
    const { guess, wrongLogins, time } = doors()
    for (let i = 0; i < limits.wrongPerNetworkMax + limits.wrongFreely; i++) guess(one)
    let looked = 0
    for (let i = 0; i < limits.loginsWaitingMax; i++) {
      const turn = wrongLogins.turn(one, 'Basic some right one')
      if (turn !== undefined && turn !== 'busy') turn.then(() => looked++)
    }
    for (let s = 0; s < limits.loginsWaitingMax / limits.wrongPerNetworkMax; s++) {
      await time.pass(limits.wrongMsMax / 2)
      guess(one)
      await time.pass(limits.wrongMsMax / 2)
    }
    expect(looked).toBe(limits.loginsWaitingMax)
  })

  test('a waiting login is checked even if no more wrong ones come', async () => {
    const { guess, wrongLogins, time } = doors()
    for (let i = 0; i < limits.wrongPerNetworkMax + limits.wrongFreely; i++) guess(one)
    let looked = 0
    for (let i = 0; i < 3 * limits.wrongPerNetworkMax; i++) {
      const turn = wrongLogins.turn(one, 'Basic some right one')
      if (turn !== undefined && turn !== 'busy') turn.then(() => looked++)
    }
    await time.pass(10 * limits.wrongMsMax)
    expect(looked).toBe(3 * limits.wrongPerNetworkMax)
    expect(wrongLogins.turn(one, 'Basic some right one')).toBeUndefined()
  })

  test('are logged with a fixed text: door, address, user, path', () => {
    doors().guess(one)
    expect(lines[0]?.rawMessage).toBe('wrong login')
    expect(lines[0]?.properties).toEqual({
      door: 'admin',
      address: one,
      user: 'admin',
      path: '/admin/stats',
      times: 1,
      leftOut: 0,
    })
  })

  test('do not flood the log, however many they are: one network has a few lines, all networks some more', async () => {
    const { guess, time } = doors()
    const many = repetitions(10_000)
    for (let i = 0; i < many; i++) guess(one)
    expect(lines).toHaveLength(limits.wrongLinesPerNetworkMax)
    for (let i = 0; i < many; i++) guess(`198.${18 + (i % 2)}.${i % 256}.1`)
    expect(lines).toHaveLength(limits.wrongLinesMax)
    await time.pass(limits.wrongForgottenMs)
    guess(one)
    expect(lines.at(-1)?.properties).toMatchObject({
      address: one,
      times: many - limits.wrongLinesPerNetworkMax + 1,
    })
    for (let i = 0; i < many; i++) guess(`203.0.${i % 256}.1`)
    expect(lines).toHaveLength(limits.wrongLinesMax + limits.wrongForgottenMs / 1000)
  })

  test('with a very long user name: its beginning is logged', () => {
    doors().guess(one, 'x'.repeat(5000))
    expect(String(lines[0]?.properties.user)).toHaveLength(limits.userBytesMax)
  })
})
