import { describe, expect, test } from 'vitest'
import { checkCertificate } from '../../../shared/doctor/certificate.ts'
import {
  checkDoubts,
  exitCodeOf,
  failure,
  fine,
  printChecks,
  printChecksJson,
  warning,
} from '../../../shared/doctor/check.ts'
import { adminOf, splitFlags } from '../../../shared/doctor/flags.ts'
import { checkInDraw } from '../../../shared/doctor/in-draw.ts'
import { type Asked, checkClock, checkLogin, checkReachedHere } from '../../../shared/doctor/network.ts'
import type { ServerFacts } from '../../../shared/doctor/servers.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const day = 86_400_000
const nowMs = Date.parse('2026-11-25T12:00:00Z')
const answered = (over: Partial<Exclude<Asked, { problem: string }>> = {}): Asked => ({
  status: 200,
  text: '',
  date: null,
  location: null,
  server: null,
  ...over,
})

describe('the report of the doctor', () => {
  const checks = [fine('a', 'well'), warning('b', 'odd\nindeed', 'look'), failure('c', 'gone')]

  test('is one line a check: grade, name, what was found, what to do', () => {
    expect(printChecks(checks)).toBe('ok       a: well\nwarning  b: odd indeed; look\nfailed   c: gone')
  })

  test('has no line of a text that another program wrote on a line by itself', () => {
    expect(printChecks([fine('a', 'one\r\n\n  two \n')])).toBe('ok       a: one two')
  })

  test('has a warning for each doubt about a configuration', () => {
    expect(checkDoubts([])).toEqual([fine('configuration', 'OK')])
    expect(checkDoubts(['one', 'two'])).toEqual([
      warning('configuration', 'one'),
      warning('configuration', 'two'),
    ])
  })

  test('is JSON for scripts', () => {
    expect(JSON.parse(printChecksJson(checks))).toEqual({ result: 'failed', checks })
  })

  test('ends with an exit code: 0 all is well, 1 warnings, 2 failures', () => {
    expect([[], checks.slice(0, 1), checks.slice(0, 2), checks].map(exitCodeOf)).toEqual([0, 0, 1, 2])
  })
})

describe('a certificate', () => {
  const check = (validForMs: number, problem?: string) =>
    checkCertificate(
      'https://r.example',
      { issuer: "Let's Encrypt", validUntilMs: nowMs + validForMs, problem },
      nowMs,
    )

  test('is named with its issuer and its end', () => {
    expect(check(60 * day)).toEqual(
      fine('certificate of https://r.example', "valid until 2027-01-24 (issued by Let's Encrypt)"),
    )
  })

  test('that was not renewed in time is a warning, one that has expired or is not accepted a failure', () => {
    expect(check(13 * day)).toMatchObject({ grade: 'warning', todo: expect.stringContaining('renewal') })
    expect(check(-day)).toMatchObject({
      grade: 'failed',
      text: expect.stringContaining('expired on 2026-11-24'),
    })
    expect(check(60 * day, 'self-signed')).toMatchObject({
      grade: 'failed',
      text: expect.stringMatching(/^self-signed/),
      todo: expect.stringContaining('fullchain.pem'),
    })
  })
})

describe('the clock', () => {
  const off = (seconds: number) =>
    checkClock('http://e', answered({ date: new Date(nowMs - seconds * 1000).toUTCString() }), nowMs)

  test('may differ by half a minute', () => {
    expect(off(20)).toEqual([fine('clock against http://e', '20 s apart')])
    expect(off(30)).toEqual([fine('clock against http://e', '30 s apart')])
    expect(off(90)).toMatchObject([{ grade: 'warning', text: 'this machine is 90 s ahead of it' }])
    expect(off(-90)).toMatchObject([{ grade: 'warning', text: 'this machine is 90 s behind it' }])
  })

  test('is not mentioned where an answer has no date', () => {
    expect(checkClock('http://e', answered(), nowMs)).toEqual([])
    expect(checkClock('http://e', { problem: 'connection refused' }, nowMs)).toEqual([])
  })
})

describe('a password', () => {
  const at = { setting: 'master password', url: 'http://e.example', password: 'my radio' }

  test('is accepted, rejected with a hint, or not asked for', () => {
    expect(checkLogin(at, answered())).toEqual(fine('master password at http://e.example', 'accepted'))
    expect(checkLogin(at, answered({ status: 401 }))).toMatchObject({
      grade: 'failed',
      text: 'rejected',
      todo: expect.stringContaining('has a space in it'),
    })
    expect(checkLogin(at, answered({ status: 403 }), [403]).grade).toBe('ok')
    expect(checkLogin(at, answered({ status: 403 })).text).toBe('answered 403')
    expect(checkLogin(at, answered({ status: 404 })).todo).toContain('neither an edge nor an Icecast master')
    expect(checkLogin(at, { problem: 'connection refused' })).toMatchObject({ text: 'connection refused' })
    const moved = answered({ status: 301, location: 'https://e.example/x' })
    expect(checkLogin(at, moved).todo).toContain('set the URL to https://e.example')
  })

  test('of the admin of an edge comes by flag or environment, and is not a flag of the server', () => {
    const { own, rest } = splitFlags([
      '--port',
      '8000',
      '--edge-admin-password',
      'a b',
      '--json',
      '--master=x',
    ])
    expect(rest).toEqual(['--port', '8000', '--master=x'])
    expect(splitFlags(['--help', '--port', '--json', '80']).rest).toEqual(['--port', '80'])
    expect(splitFlags(['--json8', 'x--json', '--edge-admin-user=']).rest).toEqual(['--json8', 'x--json'])
    const named = splitFlags(['--edge-admin-user', 'ann', '--edge-admin-password', 'p']).own
    expect(adminOf(named, { EDGE_ADMIN_USER: 'env' })?.user).toBe('ann')
    expect(adminOf(splitFlags(['--edge-admin-password']).own, {}), 'without its value').toBeUndefined()
    expect(own.has('json')).toBe(true)
    expect(adminOf(own, {})).toMatchObject({ user: 'admin', password: 'a b' })
    expect(adminOf(splitFlags(['--edge-admin-password=p=q']).own, {})?.password).toBe('p=q')
    expect(adminOf(new Map(), { EDGE_ADMIN_PASSWORD: 'e', EDGE_ADMIN_USER: 'u' })).toMatchObject({
      user: 'u',
    })
    expect(adminOf(new Map(), { EDGE_ADMIN_PASSWORD: '' })).toBeUndefined()
  })
})

test('a public URL that does not answer here is a warning: it may be reached from outside alone', () => {
  expect(checkReachedHere('http://r.example', answered({ server: 'Icecast' })).text).toBe(
    'answers as Icecast',
  )
  expect(checkReachedHere('http://r.example', answered())).toEqual(
    fine('http://r.example from this machine', 'answers'),
  )
  expect(checkReachedHere('http://r.example', { problem: 'no answer in time' })).toMatchObject({
    grade: 'warning',
    todo: expect.stringContaining('port forwarding'),
  })
  expect(
    checkReachedHere('https://r.example', { problem: 'it does not speak TLS on this port' }).todo,
  ).toContain('http://r.example')
})

describe('the draw', () => {
  const server: ServerFacts = {
    id: 'relay1',
    role: 'slave',
    urls: ['http://r.example'],
    out: null,
    listeners: 3,
    maxListeners: 10,
    free: 7,
    mounts: [],
  }
  const check = (over: Partial<ServerFacts>) => checkInDraw('http://e', [{ ...server, ...over }], 'relay1')

  test('has the server, with its numbers', () => {
    expect(check({})).toEqual([
      fine('relay1 in the draw of http://e', 'yes: 3 of 10 listeners, 7 free, 0 mounts'),
    ])
    const mounts = [mountOf('/a'), mountOf('/b')]
    expect(check({ mounts: mounts.slice(1) })[0]?.text).toMatch(/, 1 mount$/)
    expect(check({ mounts })[0]?.text).toMatch(/, 2 mounts$/)
  })

  test.for([
    ['stale', 'failed', 'reports have stopped'],
    ['unreachable', 'failed', 'firewall'],
    ['no mounts', 'failed', 'source is connected'],
    ['drained', 'warning', 'undrain'],
    ['draining', 'warning', 'distributary undrain'],
    ['full', 'warning', 'add servers'],
    ['leaving', 'warning', 'start it'],
  ] as const)('leaves it out as %s, and says what to do', ([out, grade, todo]) => {
    expect(check({ out })).toMatchObject([{ grade, text: `no: ${out}`, todo: expect.stringContaining(todo) }])
  })

  test('tells what the edge notes about it, as the answer of its probe', () => {
    const notes = ['the edge cannot reach http://r.example (connection refused)']
    expect(check({ out: 'unreachable', notes })[1]).toMatchObject({ grade: 'warning', text: notes[0] })
  })

  test('does not know it: it reports nothing there', () => {
    expect(checkInDraw('http://e', [server], 'other')).toMatchObject([
      { grade: 'failed', text: 'not among the servers there (1)' },
    ])
    expect(checkInDraw('http://e', [], 'other')[0]?.text).toBe('no server reports there')
  })
})
