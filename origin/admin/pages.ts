import { html } from 'hono/html'
import { type Html, printPage as printLayout } from '../web/layout.ts'
import { nowPlaying } from '../web/status-page.ts'
import type { Params } from './params.ts'
import { childrenOf, type Element, textIn } from './xml.ts'

/** A command's answer for a person: `.xsl`. What a browser is to do stands in forms, so that no link does anything. */
export function printPage(command: string, answer: Element, params: Params): Html {
  const page = pages[command]
  if (answer[0] === 'icestats' && page) return page(answer, params)
  return resultPage(answer, params)
}

const pages: Readonly<Record<string, (answer: Element, params: Params) => Html>> = {
  stats: statsPage,
  listmounts: mountsPage,
  streamlist: mountsPage,
  listclients: listenersPage,
  moveclients: movePage,
  updatemetadata: titlePage,
  manageauth: usersPage,
}

const layout = (title: string, body: Html, under: Html | string = ''): Html =>
  printLayout({
    title,
    under,
    links: [
      ['/admin/stats.xsl', 'Server'],
      ['/admin/listmounts.xsl', 'Mounts'],
      ['/status.xsl', 'Public status'],
    ],
    body: html`<main>${body}</main>`,
  })

const mountOf = ([, , attributes]: Element) => attributes?.mount ?? ''
const sourcesIn = (answer: Element) => childrenOf(answer, 'source')
const adminUrl = (command: string, mount: string) =>
  `/admin/${command}.xsl?mount=${encodeURIComponent(mount)}`

/** Names and values of what stands directly in an element. */
function facts([, content]: Element): Html {
  const rows = typeof content === 'object' ? content.filter(([, value]) => typeof value !== 'object') : []
  return html`<table>${rows.map(([name, value]) => html`<tr><td class="name">${name}</td><td>${String(value)}</td></tr>`)}</table>`
}

/** The home page: the server, and every mount with all that is known of it. */
function statsPage(answer: Element): Html {
  const mounts = sourcesIn(answer).map(
    (source) => html`<section><h2>${mountOf(source)}</h2>${mountActions(source)}${facts(source)}</section>`,
  )
  return layout(
    'Server',
    html`<section><h2>${textIn(answer, 'host')}</h2>
<div class="actions"><form method="post">${button('drain', 'Take no new listeners')} ${button('undrain', 'Take listeners')}</form></div>
${facts(answer)}</section>${mounts}`,
  )
}

const button = (command: string, text: string): Html =>
  html`<button formaction="/admin/${command}.xsl">${text}</button>`

function mountsPage(answer: Element): Html {
  const rows = sourcesIn(answer).map(
    (source) => html`<section><h2>${mountOf(source)}</h2>${mountActions(source)}${facts(source)}</section>`,
  )
  return layout('Mounts', rows.length > 0 ? html`${rows}` : html`<p class="none">No mount is running.</p>`)
}

/** Where to go from a mount, and the way to end it. */
function mountActions(source: Element): Html {
  const mount = mountOf(source)
  const links = [
    ['listclients', 'Listeners'],
    ['moveclients', 'Move listeners'],
    ['updatemetadata', 'Set the title'],
    ...(textIn(source, 'authenticator') === 'htpasswd' ? [['manageauth', 'Users']] : []),
  ]
  return html`<p class="now">${nowPlaying({ artist: textIn(source, 'artist'), title: textIn(source, 'title') })}</p>
<div class="actions"><nav>${links.map(([command = '', text]) => html`<a href="${adminUrl(command, mount)}">${text}</a>`)}</nav></div>
<form class="actions" method="post" action="/admin/killsource.xsl"><input type="hidden" name="mount" value="${mount}"><button class="risky">End this mount</button></form>`
}

function listenersPage(answer: Element): Html {
  const [source] = sourcesIn(answer)
  if (!source) return resultPage(answer, new Map())
  const mount = mountOf(source)
  const rows = childrenOf(source, 'listener').map(
    (
      listener,
    ) => html`<tr><td>${textIn(listener, 'IP')}</td><td>${textIn(listener, 'username')}</td><td>${textIn(listener, 'UserAgent')}</td><td>${duration(Number(textIn(listener, 'Connected')))}</td>
<td><form method="post" action="/admin/killclient.xsl"><input type="hidden" name="mount" value="${mount}"><input type="hidden" name="id" value="${textIn(listener, 'ID')}"><button class="risky">Close</button></form></td></tr>`,
  )
  const table = html`<table><thead><tr><th>Address</th><th>User</th><th>Player</th><th>For</th><th></th></tr></thead><tbody>${rows}</tbody></table>`
  const none = html`<p class="none">Nobody listens.</p>`
  return layout(`Listeners of ${mount}`, html`<section>${rows.length > 0 ? table : none}</section>`)
}

/** `3 h 5 min`, by its two biggest units. */
export function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}

function movePage(answer: Element): Html {
  const from = textIn(answer, 'current_source')
  const others = sourcesIn(answer).map(mountOf)
  const form = html`<form method="post" action="/admin/moveclients.xsl"><input type="hidden" name="mount" value="${from}">
<label>to<select name="destination">${others.map((mount) => html`<option>${mount}</option>`)}</select></label><button>Move</button></form>`
  const none = html`<p class="none">There is no other mount.</p>`
  return layout(`Move the listeners of ${from}`, html`<section>${others.length > 0 ? form : none}</section>`)
}

function titlePage(answer: Element): Html {
  const [source] = sourcesIn(answer)
  const mount = source ? mountOf(source) : ''
  return layout(
    `Title of ${mount}`,
    html`<section><form method="post" action="/admin/metadata.xsl"><input type="hidden" name="mount" value="${mount}"><input type="hidden" name="mode" value="updinfo"><input type="hidden" name="charset" value="UTF-8">
<label>what is playing<input name="song" required maxlength="1000"></label><button>Set</button></form></section>`,
  )
}

function usersPage(answer: Element): Html {
  const [source] = sourcesIn(answer)
  const mount = source ? mountOf(source) : ''
  const hidden = (action: string) =>
    html`<input type="hidden" name="mount" value="${mount}"><input type="hidden" name="action" value="${action}">`
  const rows = (source ? childrenOf(source, 'User') : []).map((user) => {
    const name = textIn(user, 'username')
    return html`<tr><td>${name}</td><td><form method="post" action="/admin/manageauth.xsl">${hidden('delete')}<input type="hidden" name="username" value="${name}"><button class="risky">Delete</button></form></td></tr>`
  })
  const [result] = childrenOf(answer, 'iceresponse')
  return layout(
    `Users of ${mount}`,
    html`<section><table>${rows}</table></section>
<section><h2>Add a user</h2><form method="post" action="/admin/manageauth.xsl">${hidden('add')}
<label>name<input name="username" required autocomplete="off"></label><label>password<input name="password" type="password" required autocomplete="new-password"></label><button>Add</button></form></section>`,
    result ? textIn(result, 'message') : '',
  )
}

/** What was done, or why it was not, and the way back. */
function resultPage(answer: Element, params: Params): Html {
  const mount = params.get('mount')
  const [, content] = answer
  const message = typeof content === 'object' ? textIn(answer, 'message') : String(content)
  const links =
    mount === undefined
      ? ''
      : html`<p><a href="${adminUrl('listclients', mount)}">Listeners of ${mount}</a></p>`
  return layout(
    message,
    html`<section><p>${message}.</p>${links}<p><a href="/admin/listmounts.xsl">All mounts</a></p></section>`,
  )
}
