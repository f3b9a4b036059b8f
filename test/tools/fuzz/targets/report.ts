import { deepStrictEqual } from 'node:assert/strict'
import { KnownLines } from '../../../../shared/report/mount-lines.ts'
import type { Report } from '../../../../shared/report/report.ts'
import {
  claimOf,
  decodeSourcelist,
  parseSourcelist,
  printSourcelist,
  SourcelistError,
} from '../../../../shared/report/sourcelist.ts'
import { anyReport } from '../../../kit/parts/any-report.ts'
import { unpacked } from '../../../kit/parts/reports.ts'
import { orError, type Target, textOf, utf8Of } from '../target.ts'

const parsed = (text: string, known?: KnownLines): Report | string =>
  orError([SourcelistError], () => parseSourcelist(text, known))

export const report: Target = {
  name: 'report',
  about:
    'sourcelist.txt: a report or a SourcelistError; printed and parsed again, the same; the same with what is known',
  files: 'shared/report/',
  tokens: [
    'sourcelist: 1\n',
    'id: a\n',
    'url: http://a.example:8000\n',
    'interval: 10\n',
    'listeners: 0\n',
    'mounts: 1\n',
    'mounts: 0\n',
    '\n',
    '\r\n',
    'role: master\n',
    'state: draining\n',
    'location: 52.5,13.4\n',
    'countries: !DE, !AT\n',
    '/a 1 - 128 5 audio/mpeg\n',
    '  title: a\n',
    '  hidden: 1\n',
    ' ',
    '%2f',
    '%00',
    '\u0085',
    '\u2028',
  ],
  invent: anyReport.map((each) => utf8Of(printSourcelist(each))),
  read: (input) => void parsed(textOf(input)),
  check(input) {
    const text = decodeSourcelist(input) ?? textOf(input)
    claimOf(text)
    const first = parsed(text)
    if (typeof first === 'string') return
    const print = printSourcelist(first)
    deepStrictEqual(parsed(print), first, 'printed and parsed again')
    let last: Report | undefined = first
    const known = new KnownLines(() => last)
    for (let i = 0; i < 3; i++) {
      const again = parsed(text, known)
      deepStrictEqual(unpacked(again), first, 'parsed with what is known')
      last = typeof again === 'string' ? undefined : again
    }
    for (const end of [print.length - 1, print.lastIndexOf('\n', print.length - 2), print.indexOf('\n\n')])
      if (typeof parsed(print.slice(0, end)) !== 'string')
        throw new Error(`truncated at ${end}, it is accepted`)
  },
}
