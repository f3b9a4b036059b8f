/** An element of Icecast's answers: a name with text, or with elements; attributes where it has any. */
export type Element = readonly [
  name: string,
  content: string | number | readonly Element[],
  attributes?: Readonly<Record<string, string>>,
]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text as it may stand in XML and HTML, between tags and in quotes; control bytes, which XML cannot hold, are left out. */
export const escapeMarkup = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it takes out
  text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '').replace(/[&<>"']/g, (char) => entities[char] ?? char)

/** A document on one line after its declaration, as Icecast 2.4 writes it. */
export const printXml = (root: Element): string => `<?xml version="1.0"?>\n${printElement(root)}\n`

function printElement([name, content, attributes = {}]: Element): string {
  const inside =
    typeof content === 'object' ? content.map(printElement).join('') : escapeMarkup(String(content))
  const told = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(value)}"`)
  return `<${name}${told.join('')}>${inside}</${name}>`
}
