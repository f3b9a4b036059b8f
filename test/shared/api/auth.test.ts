import { describe, expect, test } from 'vitest'
import { type Accounts, reporterOf } from '../../../shared/api/auth.ts'
import { openAccounts } from '../../kit/accounts.ts'

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
