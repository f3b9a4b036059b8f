import type { Accounts } from '../../../shared/api/auth.ts'

/** Accounts of a decider with the one password that all relays share. */
export const openAccounts: Accounts = {
  relayUser: 'relay',
  relayPasswords: ['secret'],
  adminUser: 'admin',
  adminPassword: 'admin-secret',
  masterPassword: undefined,
  relays: new Map(),
}
