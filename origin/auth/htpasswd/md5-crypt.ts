import { createHash } from 'node:crypto'
import { cryptBase64 } from './base64.ts'

/** `$1$` of crypt(3), and the prefix of Apache's `htpasswd`; the hashes differ in nothing else. */
export type Md5Prefix = '$1$' | '$apr1$'

const saltLengthMax = 8
const rounds = 1000
/** rounds between two pauses: a fraction of a ms of work, however long the password */
const roundsPerTurn = 128
const order = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, 11]

/**
 * A password's hash as crypt(3) prints it: MD5-crypt of FreeBSD. Some ms of work.
 * @param pause awaited now and then, so that other work can run
 */
export async function md5Crypt(
  password: Uint8Array,
  prefix: Md5Prefix,
  salt: string,
  pause: () => Promise<unknown>,
): Promise<string> {
  const shortSalt = salt.slice(0, saltLengthMax)
  const saltBytes = Buffer.from(shortSalt, 'latin1')
  let digest = startOf(password, Buffer.from(prefix + shortSalt, 'latin1'), saltBytes)
  for (let round = 0; round < rounds; round++) {
    if (round % roundsPerTurn === roundsPerTurn - 1) await pause()
    const isOdd = round % 2 === 1
    const hash = createHash('md5').update(isOdd ? password : digest)
    if (round % 3 !== 0) hash.update(saltBytes)
    if (round % 7 !== 0) hash.update(password)
    digest = hash.update(isOdd ? digest : password).digest()
  }
  return `${prefix}${shortSalt}$${cryptBase64(digest, order)}`
}

function startOf(password: Uint8Array, prefixedSalt: Uint8Array, salt: Uint8Array): Buffer {
  const inner = createHash('md5').update(password).update(salt).update(password).digest()
  const outer = createHash('md5').update(password).update(prefixedSalt)
  for (let left = password.length; left > 0; left -= 16) outer.update(inner.subarray(0, left))
  for (let bits = password.length; bits > 0; bits >>= 1)
    outer.update(bits & 1 ? Uint8Array.of(0) : password.subarray(0, 1))
  return outer.digest()
}
