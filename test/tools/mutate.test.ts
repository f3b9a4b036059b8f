import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { mutantsOf } from './mutate/mutants.ts'
import { homeOf, relatedTests } from './mutate/related.ts'

const code = `
export { trimmed } from "./trim.ts"
const kinds = ['low'] as const
export function judge(value: number, names?: readonly string[]): string | undefined {
  let sum = value
  sum += 2
  if (sum < 5 && names?.some((name) => name.startsWith('a'))) return kinds[0]
  for (let i = 0; i < 2; i++) sum *= 2
  const words = (names ?? []).filter((name) => !/^b/.test(name))
  return words.length > 0 ? words.join('') + \`\${sum}\` : undefined
}
`

/** What the code answers to some questions while one of its mutants lives; 0: none. */
async function answersWith(alive: number): Promise<string> {
  const { source } = mutantsOf('shared/judge.ts', 1, code)
  // one that is asked for again and again is in a loop without end
  const switches = `let asked = 0
    const __mutant = (id) => { if (id === ${alive} && ++asked > 1000) throw new Error('endless'); return id === ${alive} }`
  const js = `${switches}\n${stripTypeScriptTypes(source).replace(/^export .* from .*$/m, '')}`
  const { judge } = await import(`data:text/javascript,${encodeURIComponent(js)}`)
  const ask = (...args: unknown[]) => {
    try {
      return judge(...args)
    } catch (error) {
      return String(error)
    }
  }
  return JSON.stringify([
    ask(1, ['a']),
    ask(2, ['ab', 'ca']),
    ask(3, ['a', 'b', 'ab']),
    ask(9, ['b']),
    ask(9),
    ask(1, ['b', 'c']),
  ])
}

test('a file with all its mutants in it answers as before, and each of them answers otherwise if it lives', async () => {
  const { mutants } = mutantsOf('shared/judge.ts', 1, code)
  const original = await answersWith(0)
  expect(original).toBe('["low","low","aab20",null,null,"c12"]')
  const equal: string[] = []
  for (const { id, original: before, replacement } of mutants)
    if ((await answersWith(id)) === original) equal.push(`${before} → ${replacement}`)
  expect(mutantsOf('shared/judge.ts', 1, code).source).toContain('export { trimmed } from "./trim.ts"\n')
  expect(mutants.length).toBeGreaterThan(20)
  expect(equal).toEqual([])
})

test('a mutant is told with its line', () => {
  const [first] = mutantsOf('shared/judge.ts', 7, code).mutants
  expect(first).toEqual({
    id: 7,
    file: 'shared/judge.ts',
    line: 3,
    context: "const kinds = ['low'] as const",
    original: "['low']",
    replacement: '[]',
  })
})

test('the tests of a file are those that import it, first those of its folder', () => {
  const tests = relatedTests(['shared/report/stream-list.ts'])
  expect(tests[0]).toMatch(/^test\/shared\/report\//)
  expect(tests).toContain('test/shared/report/stream-list.test.ts')
  expect(tests).toContain('test/shared/http/http-words.test.ts')
  expect(tests).not.toContain('test/shared/http/address.test.ts')
  expect(homeOf('shared/report/stream-list.ts')).toBe('test/shared/report')
  expect(homeOf('shared/draw/mounts/groups.ts')).toBe('test/shared/draw')
})
