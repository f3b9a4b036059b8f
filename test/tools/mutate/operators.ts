import { isNode, type Node } from './mutants.ts'

/** Another text for a node. */
export interface Alternative {
  replacement: string
}

const binary: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
}
const assigned: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '*=': '/=', '??=': '=' }
/** names of methods, and what is called instead; an empty name: what it is called on */
const methods: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
  min: 'max',
  max: 'min',
  trim: '',
  trimEnd: '',
  filter: '',
  slice: '',
  toSorted: '',
  reverse: '',
}

/** The mutants of a node itself. @param parents the nodes around it, the nearest last */
export function alternativesOf(node: Node, parents: readonly Node[], text: string): Alternative[] {
  const parent = parents.at(-1)
  if (!parent) return []
  const of = (value: unknown) => (isNode(value) ? text.slice(value.start, value.end) : '')
  return replacementsOf(node, parent, parents, of)
    .filter((replacement) => replacement !== text.slice(node.start, node.end))
    .map((replacement) => ({ replacement }))
}

type TextOf = (value: unknown) => string

function replacementsOf(node: Node, parent: Node, parents: readonly Node[], of: TextOf): string[] {
  const asTest = isTest(node, parent) ? testsOf(parent) : []
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return [...asTest, ...twoSided(node, of)]
    case 'AssignmentExpression': {
      const other = assigned[String(node.operator)]
      return other === undefined ? [] : [`${of(node.left)} ${other} ${of(node.right)}`]
    }
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-' ? [...asTest, of(node.argument)] : asTest
    case 'UpdateExpression':
      return [of(node).replace(node.operator === '++' ? '++' : '--', node.operator === '++' ? '--' : '++')]
    case 'CallExpression':
      return [...asTest, ...called(node, parents, of)]
    case 'Literal':
      return literal(node)
    case 'TemplateLiteral':
      return Array.isArray(node.expressions) && node.expressions.length > 0 && !of(node).includes(' ')
        ? ['``']
        : []
    case 'ArrayExpression':
      return Array.isArray(node.elements) && node.elements.length > 0 ? ['[]'] : []
    case 'BlockStatement':
      return leavesOut(node, parent) ? ['{}'] : []
    default:
      return asTest
  }
}

const isTest = (node: Node, parent: Node) =>
  parent.test === node &&
  ['IfStatement', 'ConditionalExpression', 'WhileStatement', 'ForStatement'].includes(parent.type)
/** a loop that never ends tells nothing new */
const testsOf = ({ type }: Node) =>
  type === 'WhileStatement' || type === 'ForStatement' ? ['false'] : ['true', 'false']

function twoSided(node: Node, of: TextOf): string[] {
  const operator = String(node.operator)
  const isText = (side: unknown) =>
    isNode(side) && (side.type === 'TemplateLiteral' || typeof side.value === 'string')
  if (operator === '+' && (isText(node.left) || isText(node.right))) return []
  return (binary[operator] ?? []).map((other) => `(${of(node.left)}) ${other} (${of(node.right)})`)
}

/** Within an optional chain nothing is put into parentheses: they would end the chain. */
function called(node: Node, parents: readonly Node[], of: TextOf): string[] {
  const { callee } = node
  if (
    !isNode(callee) ||
    callee.type !== 'MemberExpression' ||
    parents.some(({ type }) => type === 'ChainExpression')
  )
    return []
  const name = of(callee.property)
  const other = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (other === undefined || callee.computed === true) return []
  if (other === '') return [of(callee.object)]
  const rest = of(node).slice(of(callee).length)
  return [`${of(callee.object)}.${other}${rest}`]
}

function literal({ value, raw, regex }: Node): string[] {
  if (typeof value === 'boolean') return [String(!value)]
  // the wording of what people read is not for tests to hold
  if (typeof value === 'string') return value === '' ? ["'mutated'"] : value.includes(' ') ? [] : ["''"]
  if (typeof regex !== 'object' || regex === null || typeof raw !== 'string') return []
  const last = raw.lastIndexOf('/')
  const [pattern, flags] = [raw.slice(1, last), raw.slice(last)]
  return [
    ...(pattern.startsWith('^') ? [`/${pattern.slice(1)}${flags}`] : []),
    ...(pattern.endsWith('$') && !pattern.endsWith('\\$') ? [`/${pattern.slice(0, -1)}${flags}`] : []),
  ].filter((each) => !each.startsWith('//'))
}

const leavesOut = ({ body }: Node, { type, kind }: Node) =>
  Array.isArray(body) &&
  body.length > 0 &&
  kind !== 'constructor' &&
  !['TryStatement', 'StaticBlock'].includes(type)
