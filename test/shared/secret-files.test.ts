import { expect, test } from 'vitest'
import { escapeMarkup } from '../../shared/escape-markup.ts'
import { messageOf, messageWithCause } from '../../shared/message-of.ts'
import { namedMountsMax, namingMounts } from '../../shared/named-mounts.ts'
import { withSecretFiles } from '../../shared/secret-files.ts'

test('a secret is what its file has, without one line end, and a file that is not there is a problem', () => {
  const files: Record<string, string> = { a: 'secret\n\n', b: 'the\r\nother\r\n', empty: '\n' }
  const read = (path: string) => {
    const text = files[path]
    if (text === undefined) throw new Error('ENOENT')
    return text
  }
  const withFiles = (environment: Record<string, string | undefined>) =>
    withSecretFiles(environment, ['ONE', 'TWO'], read)
  expect(withFiles({ ONE_FILE: 'a', TWO_FILE: 'b', OTHER_FILE: 'gone' })).toEqual({
    environment: { ONE_FILE: 'a', TWO_FILE: 'b', OTHER_FILE: 'gone', ONE: 'secret\n', TWO: 'the\r\nother' },
    problems: [],
  })
  expect(withFiles({ ONE: 'given', TWO_FILE: '' })).toEqual({
    environment: { ONE: 'given', TWO_FILE: '' },
    problems: [],
  })
  expect(withFiles({ ONE: 'given', ONE_FILE: 'a', TWO_FILE: 'empty' })).toEqual({
    environment: { ONE: 'given', ONE_FILE: 'a', TWO_FILE: 'empty' },
    problems: [
      'ONE and ONE_FILE are both set, expected one of them',
      'cannot read the secret of TWO_FILE "empty": it is empty',
    ],
  })
  expect(withFiles({ ONE_FILE: 'gone' }).problems).toEqual([
    'cannot read the secret of ONE_FILE "gone": ENOENT',
  ])
})

test('markup is escaped, and what XML cannot hold is left out', () => {
  expect(escapeMarkup('a<b> & "c" \'d\'\u0000\u0008\u000b\u000c\u001f\uffff\n\t')).toBe(
    'a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;\n\t',
  )
})

test('the mounts that a 404 names are sorted and few', () => {
  expect(namingMounts([])).toBe('')
  expect(namingMounts(['/b', '/a'])).toBe('mounts here: /a /b')
  const many = Array.from({ length: namedMountsMax + 1 }, (_, i) => `/${String.fromCharCode(97 + i)}`)
  expect(namingMounts(many.toReversed())).toBe(`mounts here: ${many.slice(0, -1).join(' ')}`)
})

test('the message of what was thrown is told, and that of its cause', () => {
  expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual(['a', 'b', 'undefined'])
  const caused = new Error('fetch failed', { cause: new Error('refused') })
  const odd = new Error('fetch failed', { cause: 'refused' })
  expect([messageWithCause(caused), messageWithCause(odd), messageWithCause('c')]).toEqual([
    'fetch failed: refused',
    'fetch failed',
    'c',
  ])
})
