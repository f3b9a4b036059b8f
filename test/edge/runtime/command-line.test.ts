import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../edge/config.ts'
import { edgeHelp, readCommandLine } from '../../../edge/runtime/command-line.ts'
import { settingHelp } from '../../../edge/runtime/help.ts'
import { repo } from '../../kit/process/process.ts'

/** A disk with these files. */
const reader = (files: Record<string, string>) => (path: string) => {
  const text = files[path]
  if (text === undefined) throw new Error('ENOENT: no such file')
  return text
}

const environmentOf = (
  args: string[],
  environment: Record<string, string>,
  files: Record<string, string> = {},
) => readCommandLine(args, environment, reader(files)).environment

describe('the settings of an edge', () => {
  test('come from an env file, and a variable of the process wins over it unless it is empty', () => {
    const files = { 'edge.env': '# two\nRELAY_PASSWORD="one two"\nADMIN_PASSWORD=three\nPORT=9000\n' }
    const environment = environmentOf(['--env-file', 'edge.env'], { PORT: '9001', ADMIN_PASSWORD: '' }, files)
    expect(environment).toMatchObject({ RELAY_PASSWORD: 'one two', ADMIN_PASSWORD: 'three', PORT: '9001' })
    expect(parseConfig(environment).accounts.relayPasswords).toEqual(['one', 'two'])
  })

  test('a misspelt name and a line without = in an env file are named, without a value', () => {
    const files = {
      e: '\ufeff# mine\r\nRELAY_PASWORD=secret\r\n\r\nADMIN_PASSWORD secret\r\nexport PORT=1\r\nRELAYS_FILE=/s\r\n',
      '/s': 'a:b',
    }
    expect(readCommandLine(['--env-file', 'e'], {}, reader(files)).doubts).toEqual([
      'e: RELAY_PASWORD is not a setting of an edge, and has no effect',
      'e: line 4 has no =, and has no effect; expected NAME=value',
    ])
    const long = { e: 'RELAY_PASSWORD="one\ntwo"\nPORT=1\n' }
    expect(readCommandLine(['--env-file', 'e'], {}, reader(long)).doubts).toEqual([])
  })

  test('the sample env file sets nothing in vain', () => {
    expect(readCommandLine(['--env-file', join(repo, '.env.example')], {}).doubts).toEqual([])
  })

  test('a file without an end is rejected, not read into memory', () => {
    expect(() => readCommandLine(['--env-file', '/dev/zero'], {})).toThrow(
      'cannot read --env-file "/dev/zero": it has more than 1048576 bytes',
    )
  })

  test('come from several env files, of which the last wins', () => {
    const files = { a: 'PORT=1\nHOST=::1\n', b: 'PORT=2\n' }
    expect(environmentOf(['--env-file=a', '--env-file=b'], {}, files)).toEqual({ PORT: '2', HOST: '::1' })
  })

  test.for(['RELAY_PASSWORD', 'ADMIN_PASSWORD', 'MASTER_PASSWORD', 'RELAYS'])(
    'take %s from the file that %s_FILE names, without the line end at its end',
    (name) => {
      const files = { '/run/secrets/it': 'relay1:pass word\n' }
      const environment = environmentOf([], { [`${name}_FILE`]: '/run/secrets/it' }, files)
      expect(environment[name]).toBe('relay1:pass word')
    },
  )

  test('may name the file of a secret in the env file', () => {
    const files = { env: 'ADMIN_PASSWORD_FILE=/secret\n', '/secret': 'hush' }
    expect(environmentOf(['--env-file', 'env'], {}, files).ADMIN_PASSWORD).toBe('hush')
  })

  test('are rejected with the name, its value and what is allowed, all problems at once', () => {
    const files = { '/empty': '\n', '/full': 'x' }
    const environment = {
      RELAY_PASSWORD_FILE: '/missing',
      ADMIN_PASSWORD_FILE: '/empty',
      MASTER_PASSWORD: 'y',
      MASTER_PASSWORD_FILE: '/full',
    }
    expect(() => environmentOf([], environment, files)).toThrow(
      [
        'cannot read the secret of RELAY_PASSWORD_FILE "/missing": ENOENT: no such file',
        'cannot read the secret of ADMIN_PASSWORD_FILE "/empty": it is empty',
        'MASTER_PASSWORD and MASTER_PASSWORD_FILE are both set, expected one of them',
      ].join('\n'),
    )
  })

  test.for([
    ['--env-file=gone', 'cannot read --env-file "gone": ENOENT: no such file'],
    ['--prot', "Unknown option '--prot'; distributary edge --help lists the flags"],
    ['--env-file', "Option '--env-file <value>' argument missing; distributary edge --help lists the flags"],
    ['8000', /^Unexpected argument '8000'.*; distributary edge --help lists the flags/],
  ] as const)('typing %s is answered', ([typed, answer]) => {
    expect(() => environmentOf([typed], {})).toThrow(answer)
  })

  test('a password with a # and without quotes is rejected: a shell keeps it, readers of env files cut it off', () => {
    const file = (line: string) => environmentOf(['--env-file=f'], {}, { f: `# one\n${line}\n` })
    expect(() => file('ADMIN_PASSWORD=hush#1')).toThrow(
      'cannot read --env-file "f": line 2: the value of ADMIN_PASSWORD has a # in it; put the value in quotes',
    )
    expect(file('ADMIN_PASSWORD="hush#1"').ADMIN_PASSWORD).toBe('hush#1')
    expect(file('ADMIN_PASSWORD=hush # the old one').ADMIN_PASSWORD).toBe('hush')
    expect(file('ADMIN_PASSWORD= # none yet').ADMIN_PASSWORD).toBe('')
  })

  test('are not read where only the help or the version is asked for', () => {
    const environment = { ADMIN_PASSWORD_FILE: '/missing' }
    for (const action of ['help', 'version'] as const)
      expect(readCommandLine([`--${action}`, '--env-file=gone'], environment, reader({})).action).toBe(action)
  })

  test('are all in the help', () => {
    const schema = readFileSync(join(repo, 'edge/config.ts'), 'utf8')
    const names = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => `${name}`)
    expect(Object.keys(settingHelp).sort()).toEqual(names.sort())
    for (const name of names) expect(edgeHelp()).toContain(`\n  ${name} `)
  })
})
