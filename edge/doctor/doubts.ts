import type { EdgeConfig } from '../config.ts'

/** Warnings about settings that are valid one by one, but are probably a mistake. */
export function edgeDoubts({ accounts, publicUrls, httpsOnly }: EdgeConfig): string[] {
  const { relayPasswords, adminPassword, masterPassword } = accounts
  const doubts: string[] = []
  const all = [...relayPasswords, adminPassword, masterPassword]
  if (all.includes('hackme'))
    doubts.push(
      'a password is "hackme", the default of Icecast packages that everybody knows: set another one',
    )
  if (relayPasswords.length > 1)
    doubts.push(
      `RELAY_PASSWORD is read as ${relayPasswords.length} passwords with spaces between them; a single password may not have a space in it`,
    )
  if (adminPassword !== undefined && relayPasswords.includes(adminPassword))
    doubts.push('ADMIN_PASSWORD is also a relay password: every relay can then drain and delete servers')
  if (httpsOnly && publicUrls.length > 0 && !publicUrls.some((url) => url.startsWith('https:')))
    doubts.push('HTTPS_ONLY is 1, and PUBLIC_URL has no https address')
  return doubts
}
