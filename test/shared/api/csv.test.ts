import { expect, test } from 'vitest'
import { printCsv } from '../../../shared/api/csv.ts'

const cell = (value: string | number | boolean | null) => printCsv(['a'], [{ a: value }]).slice(3, -2)

test.each([
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+1', "'+1"],
  ['-', "'-"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1+1', "' =1+1"],
  ['\t=1', "'\t'=1"],
  ['＝1+1', "'＝1+1"],
  ["x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"],
  ['x;\t@SUM(A1)', "x;\t'@SUM(A1)"],
  ['a; b', 'a; b'],
  ['a, "b"', '"a, ""b"""'],
  ['two\nlines', '"two\nlines"'],
  ['A = B', 'A = B'],
  ['Größe 🎻', 'Größe 🎻'],
  [-1.5, '-1.5'],
  [true, 'true'],
  [null, ''],
] as const)('%j is written so that no spreadsheet takes it for a formula: %s', (value, written) => {
  expect(cell(value)).toBe(written)
})

test('a file has a line of names, and ends each line as RFC 4180 says', () => {
  expect(printCsv(['a', 'b'], [{ a: 1, b: 'x' }])).toBe('a,b\r\n1,x\r\n')
})
