import { expect, test } from 'vitest'
import { limits } from '../../../origin/limits.ts'
import { connectionsMax, listenersMax, parseOpenFiles } from '../../../origin/process/descriptors.ts'

test('the limit of open files is read from the text of Linux', () => {
  const text =
    'Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files     \n'
  expect(parseOpenFiles(text)).toBe(1024)
  expect(
    parseOpenFiles('Max open files            unlimited            unlimited            files'),
  ).toBeUndefined()
  expect(parseOpenFiles('')).toBeUndefined()
})

test('listeners leave descriptors to the program itself, to relays, and to sources and admins', () => {
  const told = { openFiles: 1024, maxListeners: 5000 }
  const fits = 1024 - limits.ownDescriptors
  expect(connectionsMax(told, 0)).toBe(fits)
  expect(listenersMax(told, 0)).toBe(Math.floor(fits * 0.75))
  expect(listenersMax(told, 100)).toBe(Math.floor((fits - 100) * 0.75))
  expect(listenersMax({ openFiles: 65_536, maxListeners: 100_000 }, 0)).toBe(
    65_536 - limits.ownDescriptors - limits.keptDescriptorsMax,
  )
})

test('as many listeners as configured are accepted if they fit, or if no bound is known', () => {
  expect(listenersMax({ openFiles: 65_536, maxListeners: 5000 }, 10)).toBe(5000)
  expect(listenersMax({ openFiles: undefined, maxListeners: 5000 }, 10)).toBe(5000)
  expect(connectionsMax({ openFiles: undefined }, 10)).toBe(Number.POSITIVE_INFINITY)
})

test('if nothing fits, the room is 0, not negative', () => {
  expect([connectionsMax({ openFiles: 20 }, 5), listenersMax({ openFiles: 20, maxListeners: 9 }, 5)]).toEqual(
    [0, 0],
  )
})
