import { getLogger, type LogRecord } from '@logtape/logtape'
import { expect, test } from 'vitest'
import { textLine } from '../../../shared/log/text-line.ts'
import { logged } from '../../kit/base/log-records.ts'

const at = Date.UTC(2026, 10, 25, 23, 5, 7)
const logger = getLogger(['distributary', 'edge', 'probe'])
const lineOf = async (run: () => void) => {
  const [record] = await logged(run)
  return textLine({ ...(record as LogRecord), timestamp: at })
}

test('a log line for a terminal has time, level, part, text and fields', async () => {
  expect(
    await lineOf(() =>
      logger.warning('server stale', {
        server: 'relay1.example:8000',
        mount: undefined,
        n: 3,
        urls: ['http://a'],
      }),
    ),
  ).toBe(
    '2026-11-25 23:05:07 warning edge.probe: server stale server=relay1.example:8000 n=3 urls=["http://a"]',
  )
})

test('a value that is in the text is not told twice, and text with blanks is quoted', async () => {
  expect(
    await lineOf(() => logger.info('listening on port {port}', { port: 8000, dataDir: '/my data' })),
  ).toBe('2026-11-25 23:05:07 info    edge.probe: listening on port 8000 dataDir="/my data"')
  expect(
    await lineOf(() => logger.error('cannot read {path} of {n}', { path: '/my data', n: 2, x: 'a b' })),
  ).toBe('2026-11-25 23:05:07 error   edge.probe: cannot read /my data of 2 x="a b"')
  expect(await lineOf(() => logger.error('failed: {error}', { error: new Error('no "disk"') }))).toBe(
    '2026-11-25 23:05:07 error   edge.probe: failed: "no \\"disk\\""',
  )
})

test('nothing that a stranger sends can make a terminal do anything, or a second line', async () => {
  const user = '\u001b[2J\u009b31m\n2026 info: all well\u202egnp.\u2028'
  const line = await lineOf(() => logger.warning('wrong login {user}', { user, mount: user }))
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(line).toContain('\\u001b[2J')
})
