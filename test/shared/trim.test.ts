import { expect, test } from 'vitest'
import { trimmed, trimmedEnd } from '../../shared/trim.ts'

test('characters are trimmed at both ends, or at the end alone, and stay inside', () => {
  expect(trimmed('-_a-b_-', '-_')).toBe('a-b')
  expect(trimmedEnd('-_a-b_-', '-_')).toBe('-_a-b')
  expect(trimmedEnd('//a//', '/', 1)).toBe('/a')
})

test('a text of these characters alone is empty then', () => {
  expect([trimmed('---', '-'), trimmed('', '-'), trimmedEnd('---', '-')]).toEqual(['', '', ''])
})
