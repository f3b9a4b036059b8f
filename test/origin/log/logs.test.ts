import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger, resetSync } from '@logtape/logtape'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { noLogFiles } from '../../../origin/config/xml/log-settings.ts'
import { Logs } from '../../../origin/log/logs.ts'
import { standard } from '../../../origin/log/standard.ts'
import { testFolder } from '../../kit/process/files.ts'

const access = getLogger(['distributary', 'access'])
const source = getLogger(['distributary', 'source'])
const origin = getLogger(['distributary', 'origin'])

/** Log files in the folder of a test, and their lines. */
function logsIn(folder: string) {
  const file = (name: string) => join(folder, `${name}.log`)
  const settings = { ...noLogFiles, access: file('access'), error: file('error'), playlist: file('playlist') }
  const linesOf = (name: string) => readFileSync(file(name), 'utf8').split('\n').slice(0, -1)
  return { settings, file, linesOf }
}

/** The lines printed on stdout while the test runs. */
function stdout(): string[] {
  const printed: string[] = []
  const spy = vi.spyOn(standard.stdout, 'add').mockImplementation((line) => void printed.push(line))
  onTestFinished(() => spy.mockRestore())
  return printed
}

describe('the destinations of log records', () => {
  afterEach(() => resetSync())

  test('requests go to access.log whatever the level, others by their level to error.log, those of the program also to stdout', async () => {
    const printed = stdout()
    const { settings, linesOf } = logsIn(testFolder())
    const logs = new Logs()
    logs.apply({ ...settings, level: 'warning' })
    access.info('request', { path: '/a' })
    source.info('not this')
    source.warn('this')
    origin.info('nor this')
    origin.error('and this')
    await logs.flushed()
    expect(linesOf('access')).toHaveLength(1)
    expect(linesOf('error').map((line) => line.replace(/^\[.*\] /, ''))).toEqual([
      'WARN distributary/source this',
      'EROR distributary/origin and this',
    ])
    expect(printed.map((line) => JSON.parse(line).message)).toEqual(['and this'])
  })

  test('settings that are read again apply at once, and no earlier line is lost', async () => {
    stdout()
    const { settings, file, linesOf } = logsIn(testFolder())
    const logs = new Logs()
    logs.apply(settings)
    for (let i = 0; i < 100; i++) source.info('before')
    renameSync(file('error'), `${file('error')}.1`)
    logs.apply({ ...settings, level: 'error' })
    source.info('not this')
    source.error('after')
    await logs.flushed()
    expect(readFileSync(`${file('error')}.1`, 'utf8').split('\n')).toHaveLength(101)
    expect(linesOf('error')).toHaveLength(1)
  })

  test('if a file cannot be opened, an error and its records go to stdout; the other files are unchanged', async () => {
    const printed = stdout()
    const { settings, file, linesOf } = logsIn(testFolder())
    const logs = new Logs()
    logs.apply({ ...settings, access: '/dev/null/access.log' })
    access.info('request', { path: '/a' })
    source.info('as ever')
    await logs.flushed()
    expect(printed.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'cannot open log file', path: '/dev/null/access.log', instead: 'stdout' },
      { message: 'request', path: '/a' },
    ])
    expect(linesOf('error').some((line) => line.includes('as ever'))).toBe(true)
    expect(existsSync(file('access'))).toBe(false)
  })
})
