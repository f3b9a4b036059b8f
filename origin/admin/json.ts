import type { Element } from '../web/xml.ts'

/** elements of which there may be several: always arrays, so that one is no other shape than two */
const repeated = new Set(['source', 'listener', 'User'])

/** An answer as JSON: `{"icestats":{…}}`, attributes beside the elements within, text and numbers as they are. */
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
