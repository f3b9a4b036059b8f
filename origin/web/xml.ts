import { escapeMarkup } from '../../shared/escape-markup.ts'
import type { Stats } from '../stats/stats.ts'

/** An element of Icecast's answers: a name, text or elements, and optional attributes. */
export type Element = readonly [
  name: string,
  content: string | number | readonly Element[],
  attributes?: Readonly<Record<string, string>>,
]

/** The whole answer of a command. */
export const root = (...content: readonly Element[]): Element => ['icestats', content]

/** A mount with its elements. */
export const sourceElement = (mount: string, content: readonly Element[]): Element => [
  'source',
  content,
  { mount },
]

/** An element for each statistic. */
export const statsElements = (stats: Stats): Element[] => Object.entries(stats)

/** The child elements of that name. */
export const elementsNamed = ([, content]: Element, name: string): readonly Element[] =>
  typeof content === 'object' ? content.filter(([each]) => each === name) : []

/** The text of the first child element of that name; empty if there is none. */
export function textIn(element: Element, name: string): string {
  const [, content = ''] = elementsNamed(element, name)[0] ?? []
  return typeof content === 'object' ? '' : String(content)
}

/** A document on one line after its declaration, as in Icecast 2.4. */
export const printXml = (element: Element): string => `<?xml version="1.0"?>\n${printElement(element)}\n`

function printElement([name, content, attributes = {}]: Element): string {
  const told = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(value)}"`)
  const start = `<${name}${told.join('')}`
  if (typeof content === 'object' && content.length === 0) return `${start}/>`
  const inside =
    typeof content === 'object' ? content.map(printElement).join('') : escapeMarkup(String(content))
  return `${start}>${inside}</${name}>`
}
