import { deepStrictEqual } from 'node:assert/strict'
import { parsePasswords, withoutUser, withUser } from '../../../../origin/auth/htpasswd/lines.ts'
import { type Target, textOf } from '../target.ts'

const md5 = '5ebe2294ecd0e0f08eab7690d2a6ee69'
const usersOf = (text: string) => [...parsePasswords(text).users.keys()]

export const htpasswd: Target = {
  name: 'htpasswd',
  about:
    'password files: any text is read; a user who is added is there, and one who is removed is not, the others stay',
  files: 'origin/auth/htpasswd/',
  tokens: [
    `a:${md5}\n`,
    ':',
    '#',
    '\n',
    '\r\n',
    '$1$salt$',
    '$5$rounds=1000$',
    '$6$',
    '$apr1$',
    md5,
    ' ',
    '\u0085',
  ],
  read: (input) => void parsePasswords(textOf(input)),
  check(input) {
    const text = textOf(input)
    const users = usersOf(text)
    for (const user of users.slice(0, 3)) {
      const without = withoutUser(text, user)
      deepStrictEqual(
        usersOf(without),
        users.filter((each) => each !== user),
        `without ${user}`,
      )
      deepStrictEqual(
        new Set(usersOf(withUser(without, user, md5))),
        new Set(users),
        `${user} is added again`,
      )
    }
  },
}
