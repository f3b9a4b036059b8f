import { html } from 'hono/html'
import type { Html } from '../../../shared/page/layout.ts'
import { type Element, elementsNamed, textIn } from '../../web/xml.ts'
import { form, layout, mountOf, none, sourcesIn } from './parts.ts'

/** The listeners of a mount, each with a button to disconnect it. */
export function listenersPage(answer: Element): Html {
  const [source] = sourcesIn(answer)
  const mount = mountOf(source)
  const rows = (source ? elementsNamed(source, 'listener') : []).map((listener) => row(mount, listener))
  const table = html`<table><thead><tr><th>Address</th><th>User</th><th>Player</th><th>For</th><th></th></tr></thead><tbody>${rows}</tbody></table>`
  return layout(
    `Listeners of ${mount}`,
    html`<section>${rows.length > 0 ? table : none('There are no listeners.')}</section>`,
  )
}

function row(mount: string, listener: Element): Html {
  const close = form(
    'killclient',
    { mount, id: textIn(listener, 'ID') },
    html`<button class="risky">Close</button>`,
  )
  const seconds = Number(textIn(listener, 'Connected'))
  return html`<tr><td>${textIn(listener, 'IP')}</td><td>${textIn(listener, 'username')}</td><td>${textIn(listener, 'UserAgent')}</td><td>${printDuration(seconds)}</td><td>${close}</td></tr>`
}

/** `3 h 5 min`: the two largest units. */
export function printDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}

/** The form to move the listeners of a mount. */
export function movePage(answer: Element): Html {
  const mount = textIn(answer, 'current_source')
  const others = sourcesIn(answer).map(mountOf)
  const choice = html`<label>to<select name="destination">${others.map((each) => html`<option>${each}</option>`)}</select></label><button>Move</button>`
  const move = others.length > 0 ? form('moveclients', { mount }, choice) : none('There is no other mount.')
  return layout(`Move the listeners of ${mount}`, html`<section>${move}</section>`)
}
