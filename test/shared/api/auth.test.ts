import { describe, expect, test } from 'vitest'
import { type Access, reporterOf } from '../../../shared/api/auth.ts'
import { openAccess } from '../../kit/access.ts'

const access: Access = {
  ...openAccess,
  masterPassword: 'masters',
  relays: new Map([
    ['m1', { password: 'one', role: 'master' }],
    ['s1', { password: 'two', role: 'slave' }],
  ]),
}

describe('a login of RELAYS', () => {
  test.each(['m1', openAccess.relayUser, 'master'])(
    "is a master's with the user %s: its id, the relay user or the master user",
    (user) => {
      expect(reporterOf(access, { user, password: 'one' })).toEqual({
        kind: 'server',
        id: 'm1',
        role: 'master',
      })
    },
  )

  test('is not a slave’s with the master user', () => {
    expect(reporterOf(access, { user: 'master', password: 'two' })).toBeUndefined()
    expect(reporterOf(access, { user: 's1', password: 'two' })).toEqual({
      kind: 'server',
      id: 's1',
      role: 'slave',
    })
  })
})
