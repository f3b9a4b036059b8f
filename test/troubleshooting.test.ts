import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { logLines } from '../shared/cluster/watch/log-event.ts'
import { repo } from './kit/process/process.ts'

const read = (file: string) => readFileSync(join(repo, file), 'utf8')
const page = read('docs/troubleshooting.md').replace(/\s+/g, ' ')

/** levels of lines that an operator may have to act upon, and the others */
const loud = 'warn|warning|error|fatal'
const quiet = 'trace|debug|info'

/** The first argument of each call that logs at one of these levels, with its file. */
function loggedArguments(levels: string): { file: string; argument: string }[] {
  const call = new RegExp(`\\b(?:log|logger)\\s*\\.(?:${levels})\\(`, 'g')
  return globSync('{shared,edge,origin}/**/*.ts', { cwd: repo }).flatMap((file) => {
    const code = read(file)
    const calls = code.matchAll(call)
    return [...calls].map(({ index, 0: call }) => ({
      file,
      argument: firstArgument(code, index + call.length),
    }))
  })
}

/** The code from `start` to the comma or parenthesis that ends the first argument of a call. */
function firstArgument(code: string, start: number): string {
  let depth = 0
  let quote = ''
  for (let i = start; i < code.length; i++) {
    const c = code[i] ?? ''
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (/['"`]/.test(c)) quote = c
    else if (depth === 0 && /[,)]/.test(c)) return code.slice(start, i)
    else if (/[([{]/.test(c)) depth++
    else if (/[)\]}]/.test(c)) depth--
  }
  return code.slice(start)
}

/** Texts that are not literals where they are logged: the code of the argument, and the texts. */
const elsewhere: Record<string, readonly string[]> = {
  text: Object.values(logLines).flatMap((line) => (line?.[0] === 'warning' ? [line[1]] : [])),
  silentText: ['source closed: no byte of its body arrived; a proxy may drop a body without Content-Length'],
  what: ['not listed', 'no longer listed'],
}

const literals = (argument: string): string[] =>
  [...argument.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(
    ([, single, double, template]) => single ?? double ?? template ?? '',
  )

/** A text with `*` where a value is filled in, which the page writes as a name in capitals. */
const form = (text: string) => text.replace(/\$?\{[^}]*\}|\b[A-Z]{2,}\b/g, '*')

const quoted = [...page.matchAll(/`([^`]+)`/g)].map(([, text = '']) => form(text))

/** Whether the page has a text in backquotes, whole or up to `…`. */
const isNamed = (text: string): boolean =>
  quoted.some((each) =>
    each.endsWith('…') ? form(text).startsWith(each.slice(0, -1).trim()) : form(text) === each,
  )

test('every warning and error of a program is in the page on troubleshooting', () => {
  const logged = loggedArguments(loud)
  expect(logged.length).toBeGreaterThan(40)
  const missing = logged.flatMap(({ file, argument }) => {
    const texts = literals(argument)
    const all = texts.length > 0 ? texts : (elsewhere[argument.trim()] ?? [`unknown argument ${argument}`])
    return all.filter((text) => !isNamed(text)).map((text) => `${file}: ${text}`)
  })
  expect(missing).toEqual([])
})

test('the text of a log line is the same each time: values are in its fields', () => {
  const logged = loggedArguments(`${loud}|${quiet}`)
  expect(logged.length).toBeGreaterThan(90)
  const filled = logged.filter(({ argument }) => /[{`]/.test(argument))
  expect(filled).toEqual([])
})

test('every reason by which a server is out is in the page on troubleshooting', () => {
  const type = /export type Reason = (.*)/.exec(read('shared/draw/server.ts'))?.[1] ?? ''
  const reasons = [...type.matchAll(/'([^']+)'/g)].map(([, reason]) => reason)
  expect(reasons).toHaveLength(7)
  expect(reasons.filter((reason) => !page.includes(`| \`${reason}\` |`))).toEqual([])
})

test('every line about a change in the cluster is in the page on troubleshooting', () => {
  const texts = Object.values(logLines).flatMap((line) => (line ? [line[1]] : []))
  expect(texts.length).toBeGreaterThan(15)
  expect(texts.filter((text) => !page.includes(`\`${text}\``))).toEqual([])
})
