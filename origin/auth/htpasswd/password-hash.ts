import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { secretBytes } from '../../../shared/http/credentials.ts'
import { authLimits } from '../limits.ts'
import { type Md5Prefix, md5Crypt } from './md5-crypt.ts'
import { type ShaSetting, shaCrypt, shaRoundsDefault, shaRoundsMin } from './sha-crypt.ts'

/** A hash of a password file. */
export interface PasswordHash {
  readonly text: string
  /** comparing takes long, by design */
  readonly isSlow: boolean
  /** Whether this is the hash of the password, compared in constant time. */
  proves(password: string): Promise<boolean>
}

/**
 * Reads a hash: `md5hex(password)` of Icecast 2.4, the salted `$1$`, `$5$`, `$6$` of 2.5, or Apache's `$apr1$`.
 * @throws Error that says what was found and what was expected
 */
export function parsePasswordHash(text: string): PasswordHash {
  if (/^[0-9a-f]{32}$/i.test(text)) return plainMd5(text.toLowerCase())
  const [, md5, md5Salt] = /^(\$1\$|\$apr1\$)([^$:\s]{0,8})\$[./0-9A-Za-z]{22}$/.exec(text) ?? []
  if (md5 !== undefined && md5Salt !== undefined) return saltedMd5(text, md5 as Md5Prefix, md5Salt)
  const setting = shaSettingOf(text)
  if (setting) return sha(text, setting)
  throw new Error('an unknown kind of hash, expected 32 hex digits of MD5, or $1$, $5$ or $6$ of crypt(3)')
}

/** A new hash of a password: salted SHA-512, which Icecast 2.5 reads too. */
export function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(12).toString('base64').replaceAll('+', '.')
  const setting = { form: 'sha512', salt, rounds: shaRoundsDefault, roundsWritten: false } as const
  return shaCrypt(secretBytes(password), setting, nextTurn)
}

function plainMd5(text: string): PasswordHash {
  const expected = Buffer.from(text, 'hex')
  const proves = async (password: string) =>
    timingSafeEqual(createHash('md5').update(secretBytes(password)).digest(), expected)
  return { text, isSlow: false, proves }
}

const saltedMd5 = (text: string, prefix: Md5Prefix, salt: string): PasswordHash => ({
  text,
  isSlow: true,
  proves: async (password) => same(await md5Crypt(secretBytes(password), prefix, salt, nextTurn), text),
})

const sha = (text: string, setting: ShaSetting): PasswordHash => ({
  text,
  isSlow: true,
  proves: async (password) => same(await shaCrypt(secretBytes(password), setting, nextTurn), text),
})

function shaSettingOf(text: string): ShaSetting | undefined {
  const pattern = /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\s]{0,16})\$([./0-9A-Za-z]+)$/
  const [, version, written, salt = '', digest = ''] = pattern.exec(text) ?? []
  const form = version === '5' ? 'sha256' : 'sha512'
  if (version === undefined || digest.length !== (version === '5' ? 43 : 86)) return undefined
  const rounds = Math.max(shaRoundsMin, Number(written ?? shaRoundsDefault))
  if (rounds > authLimits.hashRoundsMax)
    throw new Error(`a hash of ${rounds} rounds, expected at most ${authLimits.hashRoundsMax}`)
  return { form, salt, rounds, roundsWritten: written !== undefined }
}

/** Both are hashes of one kind, so a difference in length reveals nothing about the password. */
function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
