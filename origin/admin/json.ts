import type { Element } from '../web/xml.ts'

/** elements that may occur several times: always arrays, so that one has the same shape as two */
const repeated = new Set(['source', 'listener', 'User'])

/** An answer as JSON: `{"icestats":{…}}`, with attributes and inner elements as members, text and numbers unchanged. */
export const printJson = (root: Element): string => JSON.stringify({ [root[0]]: jsonOf(root) })

function jsonOf([, content, attributes = {}]: Element): unknown {
  if (typeof content !== 'object') return content
  const value = new Map<string, unknown>(Object.entries(attributes))
  for (const element of content) {
    const [name] = element
    const before = value.get(name)
    if (!repeated.has(name)) value.set(name, jsonOf(element))
    else if (Array.isArray(before)) before.push(jsonOf(element))
    else value.set(name, [jsonOf(element)])
  }
  return Object.fromEntries(value)
}
