import { getLogger, type LogRecord, resetSync } from '@logtape/logtape'
import { afterEach, expect, test } from 'vitest'
import { jsonLine, lostRecord, startLog } from '../../../shared/log/log.ts'
import { textLine } from '../../../shared/log/text-line.ts'

afterEach(() => resetSync())

/** The lines that are logged from a level on. */
function linesFrom(
  level: 'info' | 'debug',
  run: () => void,
  print?: (record: LogRecord) => string,
): string[] {
  const lines: string[] = []
  startLog(level, (line) => lines.push(line), print)
  run()
  return lines
}
const edge = getLogger(['distributary', 'edge'])

test('a line is an object of JSON with the fields of the record beside its level, part and text', () => {
  const [line = '', ...more] = linesFrom('info', () => edge.warning('server stale', { server: 'a', n: 3 }))
  expect(more).toEqual([])
  expect(line).toBe(line.trim())
  expect(JSON.parse(line)).toMatchObject({
    level: 'WARN',
    logger: 'distributary.edge',
    message: 'server stale',
    server: 'a',
    n: 3,
  })
})

test('lines below the level are left out, and so is what others log', () => {
  const log = () => {
    edge.debug('detail')
    edge.info('news')
    getLogger(['a library']).error('not ours')
  }
  const messages = (level: 'info' | 'debug') =>
    linesFrom(level, log).map((line) => (JSON.parse(line) as { message: string }).message)
  expect([messages('info'), messages('debug')]).toEqual([['news'], ['detail', 'news']])
})

test('what the logging library has to say about itself is logged where it is an error', () => {
  const meta = getLogger(['logtape', 'meta'])
  const lines = linesFrom('debug', () => {
    meta.warning('a warning')
    meta.error('an error')
  })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: 'an error', logger: 'logtape.meta' },
  ])
})

test('lines may have another form', () => {
  const lines = linesFrom('info', () => edge.info('news'), textLine)
  expect(lines).toEqual([expect.stringMatching(/ info {4}edge: news$/)])
})

test('lines that were dropped are a warning with their number', () => {
  expect(JSON.parse(jsonLine(lostRecord(12)))).toMatchObject({
    level: 'WARN',
    logger: 'distributary.log',
    message: 'log lines dropped: reader too slow',
    lines: 12,
  })
  expect(textLine(lostRecord(12))).toMatch(/ warning log: log lines dropped: reader too slow lines=12$/)
})
