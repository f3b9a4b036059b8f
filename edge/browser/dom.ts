type Child = Node | string

/** Creates an element. Text from outside becomes a text node or an attribute's value here, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** Sets an attribute if it differs. */
export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value)
}

/** An element that shows a value, and can show another one. */
export interface Shown<T> {
  root: Element
  show(value: T): void
}

/** A list whose elements are kept while their keys stay: a poll touches only what has changed, and focus survives it. */
export class KeyedList<T> {
  readonly #parent: Element
  readonly #keyOf: (item: T) => string
  readonly #create: (item: T) => Shown<T>
  #shown = new Map<string, Shown<T>>()

  constructor(parent: Element, keyOf: (item: T) => string, create: (item: T) => Shown<T>) {
    this.#parent = parent
    this.#keyOf = keyOf
    this.#create = create
  }

  show(items: readonly T[]): void {
    const next = new Map<string, Shown<T>>()
    for (const item of items) {
      const key = this.#keyOf(item)
      const shown = this.#shown.get(key) ?? this.#create(item)
      shown.show(item)
      next.set(key, shown)
    }
    for (const [key, { root }] of this.#shown) if (!next.has(key)) root.remove()
    this.#shown = next
    let at: Element | null = this.#parent.firstElementChild
    for (const { root } of next.values())
      if (root === at) at = at.nextElementSibling
      else this.#parent.insertBefore(root, at)
  }
}
