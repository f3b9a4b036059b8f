import { describe, expect, test } from 'vitest'
import { type Accounts, isAdmin, refusal, reporterOf } from '../../../shared/api/auth.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'

const accounts: Accounts = {
  ...openAccounts,
  masterPassword: 'masters',
  relays: new Map([
    ['m1', { password: 'one', role: 'master' }],
    ['s1', { password: 'two', role: 'slave' }],
  ]),
}

describe('a login of RELAYS', () => {
  test.each(['m1', openAccounts.relayUser, 'master'])(
    "is a master's with the user %s: its id, the relay user or the master user",
    (user) => {
      expect(reporterOf(accounts, { user, password: 'one' })).toEqual({
        kind: 'server',
        id: 'm1',
        role: 'master',
      })
    },
  )

  test('is not a slave’s with the master user', () => {
    expect(reporterOf(accounts, { user: 'master', password: 'two' })).toBeUndefined()
    expect(reporterOf(accounts, { user: 's1', password: 'two' })).toEqual({
      kind: 'server',
      id: 's1',
      role: 'slave',
    })
  })
})

test('a request without a login, or with a wrong one, is nobody’s', () => {
  for (const login of [
    undefined,
    { user: 'relay', password: 'wrong' },
    { user: 'master', password: 'wrong' },
  ])
    expect(reporterOf(accounts, login)).toBeUndefined()
})

test('the relays’ login is theirs, and the masters’ is theirs if they have a password', () => {
  expect(reporterOf(accounts, { user: 'relay', password: 'secret' })).toEqual({ kind: 'relay' })
  const master = { user: 'master', password: 'masters' }
  expect(reporterOf(accounts, master)).toEqual({ kind: 'master' })
  expect(reporterOf({ ...accounts, masterPassword: undefined }, master)).toBeUndefined()
})

test('the admin is who has the admin’s password, and nobody where there is none', () => {
  const login = { user: 'admin', password: 'admin-secret' }
  expect(isAdmin(accounts, login)).toBe(true)
  expect(isAdmin(accounts, { ...login, password: 'secret' })).toBe(false)
  expect(isAdmin(accounts, undefined)).toBe(false)
  for (const password of ['admin-secret', 'undefined', ''])
    expect(isAdmin({ ...accounts, adminPassword: undefined }, { ...login, password })).toBe(false)
})

test('a server with a password of its own reports its id in its role, and nothing else', () => {
  const refused = (id: string | undefined, role: string | undefined) =>
    refusal(accounts, { kind: 'server', id: 's1', role: 'slave' }, { id, role })
  expect(refused('s1', 'slave')).toBeUndefined()
  expect(refused(undefined, undefined), 'in a report that cannot be read').toBeUndefined()
  expect(refused('s2', 'slave')).toBe('id is "s2", expected "s1" with these credentials')
  expect(refused('s1', 'master')).toBe('role is "master", expected "slave" with these credentials')
})

describe('the id of a server with a password of its own', () => {
  const refused = (kind: 'relay' | 'master', id: string | undefined, role: string | undefined, over = {}) =>
    refusal({ ...accounts, ...over }, { kind }, { id, role })
  const ownOnly = (id: string) => `id is "${id}", expected the credentials of that id`

  test('is not reported with the password that all relays share', () => {
    expect(refused('relay', 's1', 'slave')).toBe(ownOnly('s1'))
    expect(refused('relay', 's1', undefined)).toBe(ownOnly('s1'))
    expect(refused('relay', 's1', 'master', { masterPassword: undefined })).toBe(ownOnly('s1'))
  })

  test('is reported with the masters’ password by a master alone, and not if it is a master’s', () => {
    expect(refused('master', 's1', 'master')).toBeUndefined()
    expect(refused('master', 's1', 'slave')).toBe(ownOnly('s1'))
    expect(refused('master', 's1', undefined)).toBe(ownOnly('s1'))
    expect(refused('master', 'm1', 'master')).toBe(ownOnly('m1'))
  })

  test('leaves all others free', () => {
    expect(refused('relay', 's2', 'slave')).toBeUndefined()
    expect(refused('relay', undefined, undefined)).toBeUndefined()
    expect(refused('master', 's2', 'slave')).toBeUndefined()
    expect(refused('relay', 's2', 'master')).toBe('role is "master", expected the credentials of user master')
  })
})
