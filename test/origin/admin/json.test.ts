import { expect, test } from 'vitest'
import { printJson } from '../../../origin/admin/json.ts'
import type { Element } from '../../../origin/web/xml.ts'

/** Elements of all arrays that are gone through while a list of so many listeners is printed. */
function visited(listeners: number): number {
  const root: Element = [
    'icestats',
    Array.from({ length: listeners }, (_, i): Element => ['listener', `${i}`]),
  ]
  const real = Array.prototype[Symbol.iterator]
  let count = 0
  Array.prototype[Symbol.iterator] = function (this: unknown[]) {
    count += this.length
    return real.call(this)
  }
  try {
    expect(printJson(root)).toContain(`"${listeners - 1}"]`)
  } finally {
    Array.prototype[Symbol.iterator] = real
  }
  return count
}

test('a list of twice as many listeners takes twice the work to print', () => {
  expect(visited(2000) / visited(1000)).toBeLessThan(2.2)
})
