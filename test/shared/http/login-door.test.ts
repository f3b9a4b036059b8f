import { describe, expect, test } from 'vitest'
import { isAdmin } from '../../../shared/api/auth.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { LoginDoor, plainDoor } from '../../../shared/http/login-door.ts'
import { limits } from '../../../shared/limits.ts'
import { logged } from '../../kit/base/log-records.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const right = printBasic({ user: 'admin', password: 'admin-secret' })
const wrong = (guess: number, user = 'admin') => printBasic({ user, password: `guess-${guess}` })

/** A door whose delayed answers wait until the test releases them. */
function doorAt(nowMs = () => 0, loginsMax?: number) {
  const waiting: (() => void)[] = []
  const sleep = () => new Promise<void>((wake) => waiting.push(wake))
  const door = new LoginDoor({ nowMs, sleep }, loginsMax)
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

  test('of clients whose address is not known are those of one network, and a right one is accepted', async () => {
    const { door, waiting } = doorAt()
    const judge = (header: string) =>
      door.judge({ header, address: undefined, door: 'the api' }, (login) =>
        isAdmin(openAccounts, login) ? 'admin' : undefined,
      )
    for (let i = 0; i < burst; i++) expect(await judge(wrong(i))).toEqual({ status: 401 })
    void judge(wrong(burst))
    await Promise.resolve()
    expect(waiting).toHaveLength(1)
    expect(await judge(right)).toEqual({ who: 'admin' })
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

  test('of one address are logged three times, then once a minute, with the number left out', async () => {
    let nowMs = 0
    const { judge, letGo } = doorAt(() => nowMs)
    const records = await logged(async () => {
      for (; nowMs <= 300_000; nowMs += 10_000) {
        const answer = judge(wrong(0))
        letGo()
        await answer
      }
    })
    const { burst: lines } = limits.wrongLoginLinesOfNetwork
    expect(records.length).toBeGreaterThan(lines)
    expect(records.length).toBeLessThanOrEqual(lines + 5)
    const leftOut = records.map(({ properties }) => Number(properties.leftOut))
    expect(leftOut.slice(0, lines)).toEqual([0, 0, 0])
    expect(leftOut[lines]).toBeGreaterThan(0)
    expect(leftOut.reduce((sum, n) => sum + n, records.length)).toBeGreaterThan(31 - 6)
  })

  test('forget nobody for one login that is written in many ways', async () => {
    const max = 500
    const { judge, letGo } = doorAt(undefined, max)
    expect(await judge(right)).toBe('admin')
    let refused = 0
    for (let i = 1; i <= max + 10; i++) {
      const written = right.replace(' ', ' '.repeat(1 + (i % 70)))
      if ((await judge(written, `10.0.${Math.floor(i / 70)}.1`)) !== 'admin') refused++
    }
    expect(refused).toBe(0)
    const waitingMax = limits.wrongLoginsWaitingMax
    const answers = Array.from({ length: burst + waitingMax }, (_, i) => judge(wrong(i)))
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
    const max = 500
    const { judge } = doorAt(undefined, max)
    let refused = 0
    for (let i = 0; i < max + 10; i++)
      if ((await judge(right, `10.${i >> 16}.${(i >> 8) % 256}.${i % 256}`)) !== 'admin') refused++
    expect(refused).toBe(0)
  })
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

describe('a wrong login at an edge is logged, and is an event,', () => {
  test.each([
    ['POST', '/admin/sourcelist.txt', 'report'],
    ['GET', '/admin/streamlist.txt', 'the stream list'],
    ['GET', '/admin/streams', 'the stream list'],
    ['GET', '/api/servers', '/api/servers'],
    ['GET', '/api/cluster', '/api/cluster'],
    ['POST', '/api/servers', 'a server to poll'],
    ['POST', '/api/servers/a/drain', '/api/servers/a/drain'],
    ['DELETE', '/api/servers/a', '/api/servers/a'],
    ['GET', '/metrics', 'the metrics'],
    ['GET', '/admin', 'the control room'],
    ['GET', '/live.mp3', 'a mount'],
  ])('at %s %s', async (method, path, door) => {
    const { ask, events } = edgeOf(reportOf('a'))
    const records = await logged(() =>
      ask(path, { Authorization: printBasic({ user: 'relay', password: 'old' }) }, method),
    )
    expect(records.map(({ level, message }) => `${level} ${message.join('')}`)).toEqual([
      'warning wrong login',
    ])
    expect(records[0]?.properties).toEqual({
      door,
      address: '192.0.2.1',
      user: 'relay',
      times: 1,
      leftOut: 0,
    })
    expect((await events()).at(-1)).toEqual({
      at: 0,
      kind: 'wrong login',
      detail: `${door}: user "relay" from 192.0.2.1`,
    })
  })
})

test('wrong logins from a thousand addresses are a few events: they do not push out the others', async () => {
  const { ask, events } = edgeOf(reportOf('a'))
  for (let i = 0; i < 1000; i++)
    await ask('/metrics', { Authorization: wrong(i, `u${i}`) }, 'GET', {
      address: `198.51.${i >> 8}.${i % 256}`,
    })
  const kinds = (await events()).map(({ kind }) => kind)
  expect(kinds.slice(0, 2)).toEqual(['server new', 'mount up'])
  expect(kinds).toHaveLength(2 + limits.wrongLoginEvents.burst)
})

describe('a login at a mount', () => {
  const prove = (password: string) => (login: { password: string }) =>
    login.password === password ? 'relay' : undefined
  const caller = (password: string, user = 'relay') => ({
    header: printBasic({ user, password }),
    address: '203.0.113.7',
    door: 'a mount',
  })
  const asked = (door: LoginDoor, password: string, user?: string) =>
    door.judgeNow(caller(password, user), prove('secret'), (name) => name === 'relay')

  test('is a guess only with a wrong password of a user that is known', async () => {
    const { door } = doorAt()
    const lines = await logged(() => {
      expect([asked(door, 'secret'), asked(door, 'secret', 'ann'), asked(door, 'wrong', 'ann')]).toEqual([
        'relay',
        undefined,
        undefined,
      ])
      expect(door.judgeNow({ ...caller(''), header: null }, prove('secret'), () => true)).toBeUndefined()
    })
    expect(lines).toEqual([])
    expect(await logged(() => asked(door, 'wrong'))).toHaveLength(1)
  })

  test('that is right is answered as before, once there were many wrong ones of its network, if it was right before', () => {
    const { door } = doorAt()
    for (let i = 0; i < 2 * burst; i++) asked(door, `guess ${i}`)
    expect(asked(door, 'secret'), 'it could be a guess').toBeUndefined()
    const known = doorAt().door
    asked(known, 'secret')
    for (let i = 0; i < 2 * burst; i++) asked(known, `guess ${i}`)
    expect(asked(known, 'secret')).toBe('relay')
  })
})

test('a door that only checks logs requests without a login, and no others', async () => {
  const door = plainDoor(() => 0)
  const judge = (header: string | null) =>
    door.judge({ header, address: undefined, door: 'the api' }, (login) =>
      login.password === 'x' ? login.user : undefined,
    )
  const lines = await logged(async () => {
    expect(await judge(printBasic({ user: 'a', password: 'x' }))).toEqual({ who: 'a' })
    expect(await judge(printBasic({ user: 'a', password: 'y' }))).toEqual({ status: 401 })
    expect(await judge('nonsense')).toEqual({ status: 401 })
  })
  expect(lines).toEqual([])
  expect(await logged(() => judge(null))).toHaveLength(1)
})
