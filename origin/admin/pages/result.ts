import { html } from 'hono/html'
import type { Html } from '../../../shared/page/layout.ts'
import type { Params } from '../../http/params.ts'
import { type Element, textIn } from '../../web/xml.ts'
import { adminUrl, layout } from './parts.ts'

/** The result of a command, or why it did nothing, with links back. */
export function resultPage(answer: Element, params: Params): Html {
  const [, content] = answer
  const message = typeof content === 'object' ? textIn(answer, 'message') : String(content)
  const mount = params.get('mount')
  const back =
    mount === undefined
      ? ''
      : html`<p><a href="${adminUrl('listclients', mount)}">Listeners of ${mount}</a></p>`
  return layout(
    message,
    html`<section>${back}<p><a href="/admin/listmounts.xsl">All mounts</a></p></section>`,
  )
}
