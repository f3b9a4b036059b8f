import { XMLParser, XMLValidator } from 'fast-xml-parser'
import * as v from 'valibot'
import { ConfigError } from '../error.ts'

/** One element: its text, the elements in it, and where it stands. */
export interface Element {
  name: string
  text: string
  /** of its opening tag, counted from 1 */
  line: number
  attributes: Readonly<Record<string, string>>
  children: readonly Element[]
}

// as objects they are, for a schema of their entries would leave out what stands under a symbol
const NodesSchema = v.array(v.custom<object>((node) => typeof node === 'object' && node !== null))
const AttributesSchema = v.optional(v.record(v.string(), v.string()), {})
const MetaSchema = v.object({ startIndex: v.number() })
// typed as the wrapper object, it is a symbol all the same
const metaKey = XMLParser.getMetaDataSymbol().valueOf()

// the tree is kept in the order of the file: some elements come several times, and of a scalar the last wins
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  captureMetaData: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  htmlEntities: true, // with them go &#64; and its like
  processEntities: { enabled: true, maxTotalExpansions: 1000, maxExpandedLength: 100_000 },
})

/** Reads the elements of an icecast.xml. Throws {@link ConfigError} with the line where it is none. */
export function readIcecast(xml: string): Element {
  const valid = XMLValidator.validate(xml)
  if (valid !== true) throw new ConfigError(`line ${valid.err.line}: ${valid.err.msg}`)
  let tree: unknown
  try {
    tree = parser.parse(xml)
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error))
  }
  const roots = readElements(tree, lineIn(xml))
  const [root] = roots
  if (roots.length !== 1 || root?.name !== 'icecast')
    throw new ConfigError(`the root is <${root?.name ?? ''}>, expected one <icecast>`)
  return root
}

/** Lines by index, asked in ascending order: each counts on from the last. */
function lineIn(xml: string): (index: number) => number {
  let line = 1
  let at = 0
  return (index) => {
    for (; at < index; at++) if (xml.charCodeAt(at) === 0x0a) line++
    return line
  }
}

/** The parser's own shape: a list of `{ name: children, ':@': attributes }` and `{ '#text': text }`. */
function readElements(nodes: unknown, lineAt: (index: number) => number): Element[] {
  const elements: Element[] = []
  for (const node of v.parse(NodesSchema, nodes))
    for (const [name, inner] of Object.entries(node)) {
      if (name === '#text' || name === ':@' || !Array.isArray(inner)) continue
      const line = lineAt(v.parse(MetaSchema, Reflect.get(node, metaKey)).startIndex)
      const children = readElements(inner, lineAt)
      const attributes = v.parse(AttributesSchema, Reflect.get(node, ':@'))
      elements.push({ name, text: textOf(inner), line, attributes, children })
    }
  return elements
}

const textOf = (children: readonly object[]) =>
  children
    .map((child) => ('#text' in child ? child['#text'] : ''))
    .filter((text) => typeof text === 'string')
    .join('')
    .trim()
