import { deepStrictEqual } from 'node:assert/strict'
import type { LogRecord } from '@logtape/logtape'
import { accessLine, errorLine, playlistLine } from '../../../../origin/log/lines.ts'
import { printCsv } from '../../../../shared/api/csv.ts'
import { escapeMarkup } from '../../../../shared/escape-markup.ts'
import { printMetrics } from '../../../../shared/http/metrics.ts'
import { jsonLine } from '../../../../shared/log/log.ts'
import { textLine } from '../../../../shared/log/text-line.ts'
import { latin1Of, type Target, textOf } from '../target.ts'

const record = (properties: Record<string, unknown>): LogRecord => ({
  category: ['distributary', 'source'],
  level: 'info',
  message: ['a text'],
  rawMessage: 'a text',
  timestamp: Date.UTC(2026, 10, 26),
  properties,
})

/** What a terminal obeys, or a reader takes for another line. */
const obeyed = /[\p{Cc}\u2028\u2029]/u
const mustHold = (holds: boolean, what: string, text: string) => {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(text)}`)
}

/** The values of headers are latin1, so is a line of access.log: its quoted fields are the request, referer and agent. */
function checkAccessLine(value: string): void {
  const line = accessLine(
    record({ ...exchange, method: 'GET', path: value, user: value, referer: value, agent: value }),
  )
  mustHold(/^[\x20-\x7e]*$/.test(line), 'access.log has other characters', line)
  const fields =
    /^192\.0\.2\.1 - (\S+) \[[^\]]*\] "((?:[^"\\]|\\.)*)" 200 7 "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" 3$/.exec(
      line,
    )
  mustHold(fields !== null, 'access.log has other fields', line)
  const [user, request, referer, agent] = (fields ?? []).slice(1).map(unescaped)
  const shown = value === '' ? '-' : value
  deepStrictEqual([user, request, referer, agent], [shown, `GET ${value} HTTP/1.1`, shown, shown])
}
const exchange = { address: '192.0.2.1', version: '1.1', status: 200, bytes: 7, seconds: 3 }
const unescaped = (text: string) =>
  text.replace(/\\(?:x([\da-f]{2})|(.))/g, (_, hex: string | undefined, other: string) =>
    hex === undefined ? other : String.fromCharCode(Number.parseInt(hex, 16)),
  )

/** The rows of a CSV file (RFC 4180). */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

function checkCsv(value: string): void {
  const rows = readCsv(
    printCsv(
      ['title', 'n'],
      [
        { title: value, n: 1 },
        { title: 'next', n: 2 },
      ],
    ),
  )
  const [, [title = '', ...others] = [], next] = rows
  deepStrictEqual([others, next, rows.length], [['1'], ['next', '2'], 3], 'a CSV file has other cells')
  deepStrictEqual(title.replaceAll("'", ''), value.replaceAll("'", ''), 'a cell of CSV has another text')
  mustHold(!/^\s*[=+\-@]/.test(title), 'a cell of CSV is a formula', title)
}

function checkMetrics(value: string): void {
  const text = printMetrics([
    { name: 'listeners', help: 'h', type: 'gauge', samples: [{ labels: { mount: value }, value: 1 }] },
  ])
  const [, label = ''] =
    /^# HELP .*\n# TYPE .*\nlisteners\{mount="((?:[^"\\\n]|\\[\\"n])*)"\} 1\n$/.exec(text) ?? []
  const read = label.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
  deepStrictEqual(read, value, 'a label of the metrics is another one')
}

/** Control characters except tabs and ends of lines, and two that are no characters. */
const notInXml = /(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]/gu
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
function checkMarkup(value: string): void {
  const text = escapeMarkup(value)
  mustHold(/^(?:[^<>"'&]|&(?:amp|lt|gt|quot|apos);)*$/.test(text), 'markup in a text', text)
  const read = text.replace(/&(\w+);/g, (_, name: string) => entities[name] ?? '')
  deepStrictEqual(read, value.replace(notInXml, ''), 'a text in markup is another one')
}

export const printed: Target = {
  name: 'printed',
  about:
    'texts from outside in logs, CSV, metrics and markup: one line or cell each, which is read again the same',
  files: 'log/',
  tokens: [
    ...[
      '"',
      '\\',
      '\\x22',
      "'",
      '<',
      '&amp;',
      '|',
      ',',
      '=1',
      '@a',
      ';=',
      '\t',
      '\r\n',
      '\n',
      '\u001b[2J',
      '\u007f',
    ],
    ...['\u0085', '\u009b', '\u2028', '\u202e', '\ufeff', '\uff1d', '\ud83d\ude00'],
  ],
  check(input) {
    checkAccessLine(latin1Of(input))
    const text = textOf(input)
    const one = record({ mount: text, listeners: 1, title: text, why: new Error(text) })
    for (const print of [playlistLine, errorLine, textLine]) {
      const line = print(one)
      mustHold(!obeyed.test(line), `${print.name} prints what a terminal obeys`, line)
    }
    const { mount, title } = JSON.parse(jsonLine(one))
    deepStrictEqual([mount, title], [text, text], 'a line of JSON has other values')
    mustHold(!/[\r\n]/.test(jsonLine(one)), 'a record is several lines', jsonLine(one))
    checkCsv(text)
    checkMetrics(text)
    checkMarkup(text)
  },
}
