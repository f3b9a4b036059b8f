import { XMLParser, XMLValidator } from 'fast-xml-parser'
import * as v from 'valibot'
import { messageOf } from '../../../shared/message-of.ts'
import { ConfigError } from '../error.ts'

/** One element: its text, its child elements, and its line. */
export interface XmlElement {
  name: string
  text: string
  /** line of its opening tag, from 1 */
  line: number
  attributes: Readonly<Record<string, string>>
  children: readonly XmlElement[]
}

// checked to be objects only: a schema of their entries would drop the metadata, which has a symbol as its key
const NodesSchema = v.array(v.custom<object>((node) => typeof node === 'object' && node !== null))
const AttributesSchema = v.optional(v.record(v.string(), v.string()), {})
const MetaSchema = v.object({ startIndex: v.number() })
// its declared type is the wrapper object `Symbol`, its value a symbol
const metaKey = XMLParser.getMetaDataSymbol().valueOf()

// keeps the order of the file: some elements come several times, and of a scalar the last counts
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  captureMetaData: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  htmlEntities: true, // enables numeric entities too, such as &#64;
  // `&amp;` and its like shorten the text, and a file of many mounts has thousands; what a DOCTYPE declares is bounded by its length
  processEntities: {
    enabled: true,
    maxTotalExpansions: Number.POSITIVE_INFINITY,
    maxExpandedLength: 100_000,
  },
})

/** characters that XML 1.0 §2.2 does not allow: Icecast does not start with them either */
const notXml = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** Reads the elements of an icecast.xml. Throws {@link ConfigError} with the line if it is not one. */
export function readIcecast(xml: string): XmlElement {
  const bad = xml.search(notXml)
  if (bad >= 0) {
    const code = (xml.codePointAt(bad) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    throw new ConfigError(
      `line ${lineIn(xml)(bad)}: the character U+${code} is not allowed in XML; remove it`,
    )
  }
  const valid = XMLValidator.validate(xml)
  if (valid !== true) throw new ConfigError(`line ${valid.err.line}: ${valid.err.msg}`)
  let tree: unknown
  try {
    tree = parser.parse(xml)
  } catch (error) {
    throw new ConfigError(messageOf(error))
  }
  const roots = readElements(tree, lineIn(xml))
  const [root] = roots
  if (roots.length !== 1 || root?.name !== 'icecast')
    throw new ConfigError(`the root element is <${root?.name ?? ''}>, expected one <icecast>`)
  return root
}

/** Line numbers by index; indexes have to ascend, so that each call counts on from the one before. */
function lineIn(xml: string): (index: number) => number {
  let line = 1
  let at = 0
  return (index) => {
    for (; at < index; at++) if (xml.charCodeAt(at) === 0x0a) line++
    return line
  }
}

/** Converts the parser's output, a list of `{ name: children, ':@': attributes }` and `{ '#text': text }`. */
function readElements(nodes: unknown, lineAt: (index: number) => number): XmlElement[] {
  const elements: XmlElement[] = []
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
