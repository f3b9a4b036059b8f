import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { getLogger } from '@logtape/logtape'
import { type Login, secretBytes } from '../../../shared/http/credentials.ts'
import { FairQueue } from '../../lib/fair-queue.ts'
import { networkOfPeer } from '../../lib/network.ts'
import { WatchedFile } from '../../lib/watched-file.ts'
import { authLimits as limits } from '../limits.ts'
import { type Passwords, parsePasswords, withoutUser, withUser } from './lines.ts'
import { hashPassword, type PasswordHash } from './password-hash.ts'

const log = getLogger(['distributary', 'auth'])

/** Compares slow hashes one at a time, networks in turn: many wrong logins of one network delay another by one comparison. */
export const hashingQueue = () => new FairQueue({ atOnceMax: 1, waitingMax: limits.hashesWaitingMax })

/** A user name that fits in a line of the file, and in Basic credentials, where it ends at a colon. */
const userPattern = /^[^\p{Cc}:#\s][^\p{Cc}:]*$/u

/** The users of one password file. The file is read again after changes, and rewritten by commands of the admin. */
export class HtpasswdUsers {
  #file: WatchedFile<Passwords>
  #hashing: FairQueue
  /** by slow hash, a keyed digest of the password that matched it, so that each login is slow only once */
  #proven = new Map<string, Buffer>()
  #key = randomBytes(32)
  /** the last change: each one reads the file that the one before has written */
  #change: Promise<unknown> = Promise.resolve()

  /** @param hashing shared with other files: slow hashes are compared one after the other */
  constructor(path: string, nowMs: () => number, hashing = hashingQueue()) {
    this.#hashing = hashing
    this.#file = new WatchedFile(path, {
      everyMs: limits.passwordsEveryMs,
      nowMs,
      parse: (text) => this.#parse(text),
      onUnreadable: (error) =>
        log.error('cannot read password file; its users are denied', { file: path, error }),
    })
  }

  /** Whether a login is that of a user; `busy` if too many logins of its network wait for the answer. */
  async admits({ user, password }: Login, address = ''): Promise<boolean | 'busy'> {
    const users = this.#users()
    const own = users.get(user)
    // an unknown user takes as long as a known one
    const [anybodys] = users.values()
    const hash = own ?? anybodys
    if (!hash) return false
    const isProven = await this.#proves(hash, password, address)
    return isProven === 'busy' ? isProven : isProven && own !== undefined
  }

  /** The names of the users, sorted. */
  list(): string[] {
    return [...this.#users().keys()].sort()
  }

  /** Adds a user with a salted hash, and creates the file if there is none. Rejects if it cannot be written. */
  add(user: string, password: string): Promise<'added' | 'exists' | 'bad name'> {
    if (!userPattern.test(user) || Buffer.byteLength(user) > limits.userBytesMax)
      return Promise.resolve('bad name')
    return this.#rewrite(async (text) => {
      if (parsePasswords(text).users.has(user)) return ['exists', text]
      return ['added', withUser(text, user, await hashPassword(password))]
    })
  }

  /** Removes a user; false if there is none of that name. Rejects if the file cannot be written. */
  delete(user: string): Promise<boolean> {
    return this.#rewrite(async (text) => [parsePasswords(text).users.has(user), withoutUser(text, user)])
  }

  #users(): Passwords['users'] {
    const passwords = this.#file.current()
    return passwords && this.#file.isReadable ? passwords.users : new Map()
  }

  #parse(text: string): Passwords {
    const passwords = parsePasswords(text)
    this.#proven.clear()
    for (const { line, why } of passwords.bad)
      log.warn('invalid line in password file', { file: this.#file.path, line, why })
    return passwords
  }

  async #proves(hash: PasswordHash, password: string, address: string): Promise<boolean | 'busy'> {
    if (!hash.isSlow) return hash.proves(password)
    const digest = createHmac('sha256', this.#key)
      .update(`${hash.text}\n`)
      .update(secretBytes(password))
      .digest()
    const proven = this.#proven.get(hash.text)
    if (proven && timingSafeEqual(proven, digest)) return true
    const isProven = await this.#hashing.run(networkOfPeer(address), () => hash.proves(password))
    if (isProven === true) this.#proven.set(hash.text, digest)
    return isProven
  }

  #rewrite<T>(change: (text: string) => Promise<[result: T, text: string]>): Promise<T> {
    const done = this.#change.then(async () => {
      const before = await readIfThere(this.#file.path)
      const [result, after] = await change(before)
      if (after !== before) await replaceFile(this.#file.path, after)
      this.#file.forget()
      return result
    })
    this.#change = done.catch(() => {})
    return done
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return ''
    throw error
  }
}

/** Replaces a file atomically, so that nobody reads half of it; a new file is readable by its owner only. */
async function replaceFile(path: string, text: string): Promise<void> {
  const mode = await stat(path).then(
    (stats) => stats.mode & 0o777,
    () => 0o600,
  )
  const target = await realpath(path).catch(() => path) // a link stays a link
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await chmod(temporary, mode)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

const isAbsent = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'
