/** The first element below another that a selector finds; it has to be there. */
export function element<E extends HTMLElement>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector)
  if (!found) throw new Error(`the page has no ${selector}`)
  return found
}

/** Writes a text where it differs, so that an unchanged page costs no layout. */
export function toText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
