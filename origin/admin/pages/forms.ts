import { html } from 'hono/html'
import type { Html } from '../../../shared/page/layout.ts'
import { type Element, elementsNamed, textIn } from '../../web/xml.ts'
import { form, layout, mountOf, none, sourcesIn } from './parts.ts'

/** The form for the title of a mount. */
export function titlePage(answer: Element): Html {
  const mount = mountOf(sourcesIn(answer)[0])
  const ask = html`<label>title<input name="song" required maxlength="1000"></label><button>Set</button>`
  const given = { mount, mode: 'updinfo', charset: 'UTF-8' }
  return layout(`Title of ${mount}`, html`<section>${form('metadata', given, ask)}</section>`)
}

/** The users of a mount's password file, and a form to add one. */
export function usersPage(answer: Element): Html {
  const [source] = sourcesIn(answer)
  const mount = mountOf(source)
  const users = source ? elementsNamed(source, 'User').map((user) => textIn(user, 'username')) : []
  const ask = html`<label>name<input name="username" required autocomplete="off"></label><label>password<input name="password" type="password" required autocomplete="new-password"></label><button>Add</button>`
  const [result] = elementsNamed(answer, 'iceresponse')
  return layout(
    `Users of ${mount}`,
    html`<section>${users.length > 0 ? html`<table>${users.map((user) => row(mount, user))}</table>` : none('There are no users yet.')}</section>
<section><h2>Add a user</h2>${form('manageauth', { mount, action: 'add' }, ask)}</section>`,
    result ? textIn(result, 'message') : '',
  )
}

const row = (mount: string, username: string): Html =>
  html`<tr><td>${username}</td><td>${form('manageauth', { mount, username, action: 'delete' }, html`<button class="risky">Delete</button>`)}</td></tr>`
