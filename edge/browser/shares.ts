import { toText } from '../../shared/page/browser/elements.ts'
import { h, KeyedList, type Shown, setAttribute } from './dom.ts'
import type { Share } from './parts.ts'
import { printNumber } from './words.ts'

/** Parts of a whole as bars, under a heading; hidden while there are none. */
export function shareList(heading: string): { root: HTMLElement; show: (shares: readonly Share[]) => void } {
  const items = h('ul', { class: 'sharelist' })
  const root = h('div', {}, h('h4', {}, heading), items)
  const list = new KeyedList<Share>(items, ({ key }) => key, shareItem)
  return {
    root,
    show(shares) {
      if (root.hidden !== (shares.length === 0)) root.hidden = shares.length === 0
      list.show(shares)
    },
  }
}

function shareItem(): Shown<Share> {
  const name = h('bdi')
  const value = h('b')
  const root = h('li', {}, name, value)
  return {
    root,
    show(part) {
      toText(name, part.name)
      toText(value, printNumber(part.value))
      const share = `${Math.round(part.share * 100)}%`
      if (root.style.getPropertyValue('--share') !== share) root.style.setProperty('--share', share)
      setAttribute(root, 'title', `${part.name}: ${share}`)
    },
  }
}
