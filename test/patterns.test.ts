import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse } from 'scslre'
import { describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'
import { repo } from './kit/process/process.ts'

/** A pattern that stands in the source. */
interface Pattern {
  place: string
  source: string
  flags: string
}

const sourceFiles = ['shared', 'edge', 'origin'].flatMap((folder) =>
  globSync(`${folder}/**/*.{ts,js}`, { cwd: repo }),
)

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** All nodes of a syntax tree. */
function* nodesOf(node: unknown): Generator<Node> {
  if (!isNode(node)) return
  yield node
  for (const child of Object.values(node)) yield* nodesOf(child)
}

interface Parsed {
  text: string
  nodes: Node[]
}
const parsedFiles = new Map<string, Parsed>()

function parsed(file: string): Parsed {
  const before = parsedFiles.get(file)
  if (before) return before
  const text = readFileSync(join(repo, file), 'utf8')
  const tree = parseAst(text, { lang: file.endsWith('.ts') ? 'ts' : 'js' }, file)
  const now = { text, nodes: [...nodesOf(tree)] }
  parsedFiles.set(file, now)
  return now
}

const lineOf = (text: string, node: Node) => text.slice(0, Number(node.start)).split('\n').length

function patternsOf(file: string): Pattern[] {
  const { text, nodes } = parsed(file)
  return nodes.flatMap((node) => {
    const { regex } = node
    if (!isNode(regex)) return []
    return [
      { place: `${file}:${lineOf(text, node)}`, source: String(regex.pattern), flags: String(regex.flags) },
    ]
  })
}

/** Why a pattern takes more than so many steps a character; empty where it does not. */
const slowness = ({ source, flags }: Omit<Pattern, 'place'>): string[] =>
  analyse({ source, flags }).reports.map(
    ({ type, character }) => `${type} on ${JSON.stringify(character.pick)}`,
  )

describe('every regular expression takes linear time, whatever comes from outside', () => {
  test('as far as it stands in the source', () => {
    const patterns = sourceFiles.flatMap(patternsOf)
    expect(patterns.length).toBeGreaterThan(100)
    const slow = patterns.flatMap((pattern) =>
      slowness(pattern).map((why) => `${pattern.place}: /${pattern.source}/${pattern.flags}: ${why}`),
    )
    expect(slow).toEqual([])
  })

  test('the check knows one that does not', () => {
    expect(slowness({ source: '^([!-9;-~]+):[ \\t]*(.*?)[ \\t]*$', flags: '' })).not.toEqual([])
    expect(slowness({ source: '\\0+$', flags: '' })).not.toEqual([])
    expect(slowness({ source: '^[!-9;-~]+$', flags: '' })).toEqual([])
  })

  test('none is put together at run time but where a setting or a name of our own is the pattern', () => {
    const made = sourceFiles.filter((file) =>
      parsed(file).nodes.some(
        ({ type, callee }) =>
          /^(New|Call)Expression$/.test(String(type)) && isNode(callee) && callee.name === 'RegExp',
      ),
    )
    expect(made.sort()).toEqual([
      'edge/runtime/plain-head.ts', // names of headers that we look for, each up to the end of its line
      'origin/http/header-rules.ts', // a filter of the configuration for a status, three digits
      'origin/lib/wildcard.ts', // one set of a wildcard, tried on one character
    ])
  })
})
