import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { repo } from '../../kit/process/process.ts'
import { alternativesOf } from './operators.ts'

/** A change of a few characters that some test should notice. */
export interface Mutant {
  id: number
  /** relative to the repository */
  file: string
  line: number
  /** the text of that line */
  context: string
  original: string
  replacement: string
}

/** A file with all of its mutants in it: `__mutant(7)` says whether the seventh is the one that lives. */
export interface MutatedFile {
  file: string
  source: string
  mutants: readonly Mutant[]
}

/** A node of the syntax tree (ESTree, with types), as far as it is known here. */
export interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value

/** Finds the mutants of a file. @param firstId of its first one, @param isWanted whether one is put into the source */
export function mutantsOf(
  file: string,
  firstId: number,
  text = readFileSync(join(repo, file), 'utf8'),
  isWanted: (id: number) => boolean = () => true,
): MutatedFile {
  const { program, errors } = parseSync(file, text, { lang: 'ts' })
  if (errors.length > 0 || !isNode(program)) throw new Error(`${file} is not parsed: ${errors[0]?.message}`)
  const mutants: Mutant[] = []
  const lines = text.split('\n')
  const add = (at: number, original: string, replacement: string) => {
    const id = firstId + mutants.length
    const line = text.slice(0, at).split('\n').length
    mutants.push({ id, file, line, context: lines[line - 1]?.trim() ?? '', original, replacement })
    return id
  }
  const source = print(program, { text, add, isWanted, parents: [] })
  return { file, source, mutants }
}

interface Printing {
  text: string
  /** notes a mutant and returns its id */
  add: (at: number, original: string, replacement: string) => number
  isWanted: (id: number) => boolean
  /** the nodes around the one that is printed, the nearest last */
  parents: readonly Node[]
}

/** The text of a node with its mutants, and with those inside of it. */
function print(node: Node, printing: Printing): string {
  const { text, add, isWanted, parents } = printing
  const own = alternativesOf(node, parents, text)
  const conditions = own
    .map(({ replacement }) => ({
      replacement,
      id: add(node.start, text.slice(node.start, node.end), replacement),
    }))
    .filter(({ id }) => isWanted(id))
  const inner = printInner(node, { ...printing, parents: [...parents, node] })
  if (conditions.length === 0) return inner
  // a block is left out; anything else is a value
  if (node.type === 'BlockStatement') return `{ if (!__mutant(${conditions[0]?.id})) ${inner} }`
  return `(${conditions.map(({ id, replacement }) => `__mutant(${id}) ? (${replacement}) : `).join('')}(${inner}))`
}

function printInner(node: Node, printing: Printing): string {
  const { text, parents } = printing
  let out = ''
  let at = node.start
  for (const child of childrenOf(node)) {
    out += text.slice(at, child.start)
    // without semicolons, a line that begins with a parenthesis would go on the line before it
    if (child.type === 'ExpressionStatement' && isList(parents.at(-1))) out += ';'
    out += print(child, printing)
    at = child.end
  }
  return out + text.slice(at, node.end)
}

const isList = (node: Node | undefined) =>
  ['BlockStatement', 'Program', 'SwitchCase', 'StaticBlock'].includes(node?.type ?? '')

/** What has no value at run time, or is named and not computed. */
const skipped: Readonly<Record<string, readonly string[]>> = {
  Property: ['key'],
  PropertyDefinition: ['key'],
  MethodDefinition: ['key'],
  MemberExpression: ['property'],
  ExportNamedDeclaration: ['source', 'attributes'],
  ImportExpression: ['source', 'options'],
  TaggedTemplateExpression: ['quasi'],
}
/** modules and names, which are not values */
const leaves = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'ExportSpecifier'])
const expressionsOnly = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])

/** The nodes directly inside of a node that run, in the order of the text. */
function childrenOf(node: Node): Node[] {
  if (leaves.has(node.type)) return []
  if (node.type === 'ExpressionStatement' && typeof node.directive === 'string') return []
  const names = expressionsOnly.has(node.type) ? ['expression'] : Object.keys(node)
  const without = node.computed === true ? [] : (skipped[node.type] ?? [])
  const shorthand = node.type === 'Property' && node.shorthand === true
  if (shorthand) return []
  return names
    .filter((name) => !without.includes(name) && name !== 'parent')
    .flatMap((name) => node[name])
    .filter(isNode)
    .filter(({ type }) => !type.startsWith('TS') || expressionsOnly.has(type))
    .filter(({ start, end }) => end > start)
    .toSorted((a, b) => a.start - b.start)
}
