import { createHash } from 'node:crypto'
import { cryptBase64 } from './base64.ts'

/** The two forms of SHA-crypt: digest, prefix of the salt, and order of the digest's bytes. */
const forms = {
  sha256: { prefix: '$5$', order: byteOrder(32, 10) },
  sha512: { prefix: '$6$', order: byteOrder(64, 21) },
} as const
export type ShaForm = keyof typeof forms

/** Parameters of a hash, in addition to the password. */
export interface ShaSetting {
  form: ShaForm
  salt: string
  rounds: number
  /** whether the rounds are written out, as they must be unless they are the default */
  roundsWritten: boolean
}

/** rounds of a hash that does not name them */
export const shaRoundsDefault = 5000
/** the minimum of the specification; fewer are raised to it */
export const shaRoundsMin = 1000
const saltLengthMax = 16
/** rounds between two pauses: well under a ms of work */
const roundsPerTurn = 128

/**
 * A password's hash as crypt(3) prints it: SHA-crypt, https://www.akkadia.org/drepper/SHA-crypt.txt.
 * @param pause awaited now and then, so that other work can run between thousands of rounds
 */
export async function shaCrypt(
  password: Uint8Array,
  { form, salt, rounds, roundsWritten }: ShaSetting,
  pause: () => Promise<unknown>,
): Promise<string> {
  const shortSalt = salt.slice(0, saltLengthMax)
  const start = startOf(form, password, Buffer.from(shortSalt, 'latin1'))
  let digest = start.digest
  for (let round = 0; round < rounds; round++) {
    if (round % roundsPerTurn === roundsPerTurn - 1) await pause()
    digest = nextRound(form, round, { ...start, digest })
  }
  const { prefix, order } = forms[form]
  const written = roundsWritten ? `rounds=${rounds}$` : ''
  return `${prefix}${written}${shortSalt}$${cryptBase64(digest, order)}`
}

interface Round {
  digest: Buffer
  /** derived from the password, and as long; `saltBytes` likewise from the salt */
  passwordBytes: Buffer
  saltBytes: Buffer
}

/** Steps 1 to 20 of the specification. */
function startOf(form: ShaForm, password: Uint8Array, salt: Uint8Array): Round {
  const length = password.length
  const inner = createHash(form).update(password).update(salt).update(password).digest()
  const outer = createHash(form).update(password).update(salt).update(repeated(inner, length))
  for (let bits = length; bits > 0; bits >>= 1) outer.update(bits & 1 ? inner : password)
  const digest = outer.digest()

  const ofPassword = createHash(form)
  for (let i = 0; i < length; i++) ofPassword.update(password)
  const ofSalt = createHash(form)
  for (let i = 0; i < 16 + (digest[0] ?? 0); i++) ofSalt.update(salt)
  return {
    digest,
    passwordBytes: repeated(ofPassword.digest(), length),
    saltBytes: repeated(ofSalt.digest(), salt.length),
  }
}

/** Step 21. */
function nextRound(form: ShaForm, round: number, { digest, passwordBytes, saltBytes }: Round): Buffer {
  const isOdd = round % 2 === 1
  const hash = createHash(form).update(isOdd ? passwordBytes : digest)
  if (round % 3 !== 0) hash.update(saltBytes)
  if (round % 7 !== 0) hash.update(passwordBytes)
  return hash.update(isOdd ? digest : passwordBytes).digest()
}

const repeated = (bytes: Uint8Array, length: number): Buffer =>
  length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes)

/** The order in which step 22 prints a digest: each group is the one before it, rotated by one and moved by one byte. */
function byteOrder(size: 32 | 64, third: 10 | 21): number[] {
  const groups = Math.floor(size / 3)
  const order: number[] = []
  for (let i = 0; i < groups; i++) {
    const columns = [i, i + third, i + 2 * third]
    const turn = size === 64 ? i % 3 : (3 - (i % 3)) % 3
    for (let k = 0; k < 3; k++) order.push(columns[(k + turn) % 3] ?? 0)
  }
  return size === 32 ? [...order, 31, 30] : [...order, 63]
}
