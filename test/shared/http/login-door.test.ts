import { describe, expect, test } from 'vitest'
import { isAdmin } from '../../../shared/api/auth.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { LoginDoor, plainDoor } from '../../../shared/http/login-door.ts'
import { limits } from '../../../shared/limits.ts'
import { openAccounts } from '../../kit/accounts.ts'
import { edgeOf } from '../../kit/edge-app.ts'
import { logged } from '../../kit/log-records.ts'
import { reportOf } from '../../kit/reports.ts'

const right = printBasic({ user: 'admin', password: 'admin-secret' })
const wrong = (guess: number, user = 'admin') => printBasic({ user, password: `guess-${guess}` })

/** A door whose delayed answers wait until the test releases them. */
function doorAt(nowMs = () => 0) {
  const waiting: (() => void)[] = []
  const door = new LoginDoor({ nowMs, sleep: () => new Promise<void>((wake) => waiting.push(wake)) })
  const judge = async (header: string | undefined, address: string | undefined = '203.0.113.7') => {
    const judged = await door.judge({ header, address, door: 'the api' }, (login) =>
      isAdmin(openAccounts, login) ? 'admin' : undefined,
    )
    return 'who' in judged ? judged.who : judged.status
  }
  return { door, judge, waiting, letGo: () => waiting.splice(0).forEach((wake) => void wake()) }
}
const { burst } = limits.wrongLoginsOfNetwork

describe('wrong logins', () => {
  test('are answered at once while they are few, then with a delay; the right one has none', async () => {
    const { judge, waiting, letGo } = doorAt()
    for (let i = 0; i < burst; i++) expect(await judge(wrong(i))).toBe(401)
    const late = judge(wrong(burst))
    await Promise.resolve()
    expect(waiting).toHaveLength(1)
    expect(await judge(right)).toBe('admin')
    letGo()
    expect(await late).toBe(401)
  })

  test('of one network wait so many at once: more connections guess no faster, and who was right before gets in', async () => {
    const { judge, waiting, letGo } = doorAt()
    expect(await judge(right)).toBe('admin')
    const max = limits.wrongLoginsWaitingMax
    const answers = Array.from({ length: burst + max + 500 }, (_, i) => judge(wrong(i), '203.0.113.7'))
    expect(await Promise.all(answers.slice(burst + max))).toEqual(Array.from({ length: 500 }, () => 429))
    expect(waiting).toHaveLength(max)
    expect(await judge(right), 'known from here').toBe('admin')
    expect(await judge(right, '198.51.100.1'), 'from elsewhere').toBe('admin')
    letGo()
    await Promise.all(answers)
    expect(await judge(printBasic({ user: 'admin', password: 'admin-secret' }))).toBe('admin')
  })

  test('of a /64 of IPv6 are those of one network', async () => {
    const { judge, waiting } = doorAt()
    for (let i = 0; i < burst; i++) await judge(wrong(i), `2001:db8::${i}`)
    judge(wrong(burst), '2001:db8::ffff')
    judge(wrong(burst), '2001:db8:0:1::1')
    await Promise.resolve()
    expect(waiting).toHaveLength(1)
  })

  test('for one user are delayed from all addresses once they are many; a right one from a new address is not', async () => {
    const { judge, waiting } = doorAt()
    for (let i = 0; i < limits.wrongLoginsOfUser.burst; i++)
      expect(await judge(wrong(i), `198.51.100.${i}`)).toBe(401)
    judge(wrong(0), '192.0.2.1')
    judge(wrong(0, 'somebody'), '192.0.2.2')
    await Promise.resolve()
    expect(waiting).toHaveLength(1)
    expect(await judge(right, '192.0.2.3')).toBe('admin')
  })

  test('are forgotten after a while, and a request without a login does not count', async () => {
    let nowMs = 0
    const { judge, waiting } = doorAt(() => nowMs)
    for (let i = 0; i < 1000; i++) expect(await judge(undefined)).toBe(401)
    for (let i = 0; i < burst; i++) await judge(wrong(i))
    nowMs = 60_000
    for (let i = 0; i < burst; i++) expect(await judge(wrong(i))).toBe(401)
    expect(waiting).toEqual([])
  })

  test('are logged by one text, of a flood a few lines that say how many were left out, and no password', async () => {
    let nowMs = 0
    const { judge, letGo } = doorAt(() => nowMs)
    const records = await logged(async () => {
      const answers = Array.from({ length: 1000 }, (_, i) =>
        judge(wrong(i, 'x'.repeat(900)), `10.0.${i >> 8}.${i % 256}`),
      )
      nowMs = 1000
      answers.push(judge(wrong(0), '192.0.2.1'))
      letGo()
      await Promise.all(answers)
    })
    const { burst: lines } = limits.wrongLoginLines
    expect(records).toHaveLength(lines + 1)
    expect(records.at(-1)?.properties).toEqual({
      door: 'the api',
      address: '192.0.2.1',
      user: 'admin',
      times: 1,
      leftOut: 1000 - lines,
    })
    expect(JSON.stringify(records)).not.toContain('guess')
    expect(String(records[0]?.properties.user).length).toBeLessThanOrEqual(limits.loggedUserLengthMax)
  })

  test('forget nobody for one login that is written in many ways', async () => {
    const { judge, letGo } = doorAt()
    expect(await judge(right)).toBe('admin')
    for (let i = 1; i <= limits.loginsCountedMax + 10; i++)
      expect(
        await judge(right.replace(' ', ' '.repeat(1 + (i % 7000))), `10.0.${Math.floor(i / 7000)}.1`),
      ).toBe('admin')
    const max = limits.wrongLoginsWaitingMax
    const answers = Array.from({ length: burst + max }, (_, i) => judge(wrong(i)))
    expect(await judge(wrong(0))).toBe(429)
    expect(await judge(right)).toBe('admin')
    letGo()
    await Promise.all(answers)
  })

  test('are told from requests that show none, which have few lines of the log too', async () => {
    let nowMs = 0
    const { burst: lines } = limits.noLoginLines
    const plain = plainDoor(() => nowMs)
    const { judge } = doorAt(() => nowMs)
    const askers = [
      () => judge(undefined),
      () => plain.judge({ header: null, address: '203.0.113.7', door: 'the api' }, () => undefined),
    ]
    for (const ask of askers) {
      const records = await logged(async () => {
        for (let i = 0; i < 1000; i++) await ask()
        nowMs += 1000
        await ask()
      })
      expect(records).toHaveLength(lines + 1)
      expect(records.at(-1)?.properties).toEqual({
        door: 'the api',
        address: '203.0.113.7',
        leftOut: 1000 - lines,
      })
    }
  })

  test('forget the oldest of those that they remember', async () => {
    const { judge } = doorAt()
    for (let i = 0; i < limits.loginsCountedMax + 10; i++)
      expect(await judge(right, `10.${i >> 16}.${(i >> 8) % 256}.${i % 256}`)).toBe('admin')
  })
})

test('every door of an edge logs a wrong login', async () => {
  const { ask } = edgeOf(reportOf('a', { role: 'master' }))
  const doors: [method: string, path: string, user: string][] = [
    ['POST', '/admin/sourcelist.txt', 'relay'],
    ['GET', '/admin/streamlist.txt', 'relay'],
    ['GET', '/admin/streams', 'relay'],
    ['GET', '/api/servers', 'admin'],
    ['POST', '/api/servers', 'admin'],
    ['POST', '/api/servers/a/drain', 'admin'],
    ['DELETE', '/api/servers/a', 'admin'],
    ['GET', '/metrics', 'admin'],
    ['GET', '/admin', 'admin'],
    ['GET', '/live.mp3', 'relay'],
  ]
  for (const [method, path, user] of doors) {
    const records = await logged(() => ask(path, { Authorization: wrong(1, user) }, method))
    const named = records.filter(({ properties }) => properties.user === user)
    expect(named, `${method} ${path}`).toHaveLength(1)
    expect(named[0]?.properties.address).toBe('192.0.2.1')
  }
})

test("a mount does not tell by where it sends whether a guess at the relays' password was right, once wrong ones are late", async () => {
  const { ask } = edgeOf(reportOf('m', { role: 'master' }), reportOf('s', { maxListeners: 1_000_000 }))
  const to = async (header: string) =>
    (await ask('/live.mp3', { Authorization: header })).headers.get('location')
  const isRight = printBasic({ user: 'relay', password: 'relay-secret' })
  expect(await to(isRight)).toContain('//m.')
  for (let i = 0; i < 2 * burst; i++) expect(await to(wrong(i, 'relay'))).toContain('//s.')
  expect(await to(isRight), 'it is known from here').toContain('//m.')
  const other = edgeOf(reportOf('m', { role: 'master' }), reportOf('s', { maxListeners: 1_000_000 }))
  for (let i = 0; i < 2 * burst; i++) await other.ask('/live.mp3', { Authorization: wrong(i, 'relay') })
  const guessed = await other.ask('/live.mp3', { Authorization: isRight })
  expect(guessed.headers.get('location')).toContain('//s.')
})
