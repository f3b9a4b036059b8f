import process from 'node:process'
import { afterEach, expect, test, vi } from 'vitest'
import { readArguments } from './command-line.ts'
import { parsePlan } from './soak/plan.ts'

class Ended extends Error {}

/** Reads these arguments as a program would, and says what it printed and how it ended. */
function reading(...args: readonly string[]) {
  const printed: string[] = []
  const end = vi.fn<(code?: unknown) => never>(() => {
    throw new Ended()
  })
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['node', 'main.ts', ...args])
  vi.spyOn(process, 'exit').mockImplementation(end)
  for (const name of ['log', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((text: string) => printed.push(text))
  try {
    return { plan: readArguments('the usage', (given) => parsePlan(given, {})), printed, code: undefined }
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    return { plan: undefined, printed, code: end.mock.calls[0]?.[0] }
  }
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('a tool prints its usage with --help, and ends well', () => {
  expect(reading('peers', '--help')).toMatchObject({ printed: ['the usage'], code: 0 })
})

test('a tool says which argument it cannot read, with its usage, and no stack', () => {
  const { printed, code } = reading('--minutes', 'many')
  expect(code).toBe(2)
  expect(printed).toEqual(['--minutes is "many", expected a number from 0 to 100000\n\nthe usage'])
})

test('a tool gets the arguments that it can read', () => {
  expect(reading('hls').plan?.parts).toEqual(['hls'])
})
