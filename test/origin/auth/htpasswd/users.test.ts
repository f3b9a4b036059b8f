import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parsePasswords, withoutUser, withUser } from '../../../../origin/auth/htpasswd/lines.ts'
import { HtpasswdUsers } from '../../../../origin/auth/htpasswd/users.ts'
import { testFolder } from '../../../kit/process/files.ts'

const md5 = (password: string) => createHash('md5').update(password).digest('hex')
const salted = '$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1'
const hello = 'Hello world!'

describe('lines of a password file', () => {
  test('name users and hashes; comments and empty lines are ignored', () => {
    const { users, bad } = parsePasswords(`# users\n\nbob:${md5('a')}\r\nann:${salted}\n`)
    expect([...users].map(([user, { text }]) => [user, text])).toEqual([
      ['bob', md5('a')],
      ['ann', salted],
    ])
    expect(bad).toEqual([])
  })

  test('that are invalid are listed by number, and the others count', () => {
    const { users, bad } = parsePasswords(`bob\nann:plain\n:${md5('a')}\neve:${md5('a')}`)
    expect([...users.keys()]).toEqual(['eve'])
    expect(bad.map(({ line }) => line)).toEqual([1, 2, 3])
  })

  test('a user given twice has the first password', () => {
    expect(parsePasswords(`bob:${md5('a')}\nbob:${md5('b')}`).users.get('bob')?.text).toBe(md5('a'))
  })

  test('are added and removed without a change to the others', () => {
    const file = `# users\nbob:${md5('a')}\n\n#bob:old\nann:${salted}`
    expect(withUser(file, 'eve', 'x')).toBe(`${file}\neve:x\n`)
    expect(withUser('', 'eve', 'x')).toBe('eve:x\n')
    expect(withoutUser(file, 'bob')).toBe(`# users\n\n#bob:old\nann:${salted}`)
    expect(withoutUser(file, 'nobody')).toBe(file)
  })
})

describe('the users of a password file', () => {
  function usersOf(text?: string) {
    const path = `${testFolder()}/users`
    let nowMs = 0
    if (text !== undefined) writeFileSync(path, text)
    const pass = (ms: number) => {
      nowMs += ms
    }
    return { path, users: new HtpasswdUsers(path, () => nowMs), pass }
  }
  const login = (user: string, password: string) => ({ user, password })

  test('hashes of Icecast 2.4 and 2.5 accept only their passwords', async () => {
    const { users } = usersOf(`bob:${md5('geheim')}\nann:${salted}\n`)
    expect(await users.admits(login('bob', 'geheim'))).toBe(true)
    expect(await users.admits(login('ann', hello))).toBe(true)
    for (const [user, password] of [
      ['bob', hello],
      ['ann', 'geheim'],
      ['bob', ''],
      ['eve', 'geheim'],
      ['eve', hello],
      ['', ''],
    ] as const)
      expect(await users.admits(login(user, password)), user + password).toBe(false)
  })

  test('a login that matched a slow hash matches again, and a wrong one does not', async () => {
    const { users } = usersOf(`ann:${salted}\n`)
    for (const password of [hello, hello, 'wrong', hello, 'wrong'])
      expect(await users.admits(login('ann', password))).toBe(password === hello)
  })

  test('a changed file is read again within a second, not at each request', async () => {
    const { path, users, pass } = usersOf(`bob:${md5('old')}\n`)
    expect(await users.admits(login('bob', 'old'))).toBe(true)
    writeFileSync(path, `bob:${md5('new pass')}\n`)
    expect(await users.admits(login('bob', 'old'))).toBe(true)
    pass(1000)
    expect(await users.admits(login('bob', 'old'))).toBe(false)
    expect(await users.admits(login('bob', 'new pass'))).toBe(true)
  })

  test('a changed slow hash forgets the login that matched the old one', async () => {
    const { path, users, pass } = usersOf(`ann:${salted}\n`)
    expect(await users.admits(login('ann', hello))).toBe(true)
    writeFileSync(path, `ann:$1$abcdefgh$M55TzYaaccxVGbptZWaxX/\n`)
    pass(1000)
    expect(await users.admits(login('ann', hello))).toBe(false)
  })

  test('all users are denied while the file cannot be read', async () => {
    const { path, users, pass } = usersOf(`bob:${md5('geheim')}\n`)
    expect(await users.admits(login('bob', 'geheim'))).toBe(true)
    rmSync(path)
    pass(1000)
    expect(await users.admits(login('bob', 'geheim'))).toBe(false)
    expect(users.list()).toEqual([])
    writeFileSync(path, `bob:${md5('geheim')}\n`)
    pass(1000)
    expect(await users.admits(login('bob', 'geheim'))).toBe(true)
  })

  test('if more slow logins come than may wait, the rest are told to retry', async () => {
    const { users } = usersOf(`ann:${salted}\n`)
    const logins = Array.from({ length: 80 }, (_, i) => users.admits(login('ann', `wrong ${i}`)))
    const answers = await Promise.all(logins)
    expect(answers.filter((answer) => answer === 'busy')).toHaveLength(80 - 65)
    expect(answers.filter((answer) => answer === false)).toHaveLength(65)
  })

  test('wrong logins of one network do not block a correct one of another: it is next', async () => {
    const { users } = usersOf(`ann:${salted}\n`)
    const decided: string[] = []
    const show = async (password: string, address: string) => {
      decided.push(`${address} ${await users.admits(login('ann', password), address)}`)
    }
    const wrong = Array.from({ length: 200 }, (_, i) => show(`wrong ${i}`, `2001:db8::${i.toString(16)}`))
    await show(hello, '192.0.2.1')
    const compared = decided.filter((answer) => !answer.endsWith('busy'))
    expect(compared.length).toBeLessThanOrEqual(3)
    expect(compared.at(-1)).toBe('192.0.2.1 true')
    await Promise.all(wrong)
  })

  test('an admin adds a user: the password is salted, and the user is accepted at once', async () => {
    const { path, users } = usersOf(`# ours\nbob:${md5('geheim')}`)
    expect(await users.add('ann', 'kennwort')).toBe('added')
    expect(readFileSync(path, 'utf8')).toMatch(
      new RegExp(`^# ours\\nbob:${md5('geheim')}\\nann:\\$6\\$[./0-9A-Za-z]{16}\\$[./0-9A-Za-z]{86}\\n$`),
    )
    expect(users.list()).toEqual(['ann', 'bob'])
    expect(await users.admits(login('ann', 'kennwort'))).toBe(true)
  })

  test('an existing user is not added again, and keeps the password', async () => {
    const { users } = usersOf(`bob:${md5('geheim')}\n`)
    expect(await users.add('bob', 'other')).toBe('exists')
    expect(await users.admits(login('bob', 'geheim'))).toBe(true)
  })

  test('an admin deletes a user', async () => {
    const { users } = usersOf(`bob:${md5('geheim')}\nann:${salted}\n`)
    expect(await users.delete('bob')).toBe(true)
    expect(await users.delete('bob')).toBe(false)
    expect(users.list()).toEqual(['ann'])
    expect(await users.admits(login('bob', 'geheim'))).toBe(false)
  })

  test('concurrent changes are all kept', async () => {
    const { users } = usersOf('')
    await Promise.all(['a', 'b', 'c', 'd'].map((user) => users.add(user, 'x')))
    expect(users.list()).toEqual(['a', 'b', 'c', 'd'])
  })

  test.each(['', 'a:b', 'a\nroot', '#remark', ' space', 'x'.repeat(129), 'a\0'])(
    'no user is called %j',
    async (name) => {
      const { path, users } = usersOf('')
      expect(await users.add(name, 'x')).toBe('bad name')
      expect(readFileSync(path, 'utf8')).toBe('')
    },
  )

  test('a new file is readable by its owner only, an old one keeps its mode, and no temporary file is left', async () => {
    const fresh = usersOf()
    await fresh.users.add('ann', 'x')
    expect(statSync(fresh.path).mode & 0o777).toBe(0o600)
    const old = usersOf('')
    chmodSync(old.path, 0o640)
    await old.users.add('ann', 'x')
    expect(statSync(old.path).mode & 0o777).toBe(0o640)
    expect(readdirSync(old.path.replace(/\/users$/, ''))).toEqual(['users'])
  })

  test('a link to a file stays a link, and its target is changed', async () => {
    const { path, users } = usersOf('')
    const link = `${path}-link`
    symlinkSync(path, link)
    await new HtpasswdUsers(link, () => 0).add('ann', 'x')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(users.list()).toEqual(['ann'])
  })

  test('a file that cannot be written rejects the change', async () => {
    const users = new HtpasswdUsers(`${testFolder()}/absent/users`, () => 0)
    await expect(users.add('ann', 'x')).rejects.toThrow('ENOENT')
  })
})
