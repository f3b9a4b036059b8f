import { html } from 'hono/html'
import { type Html, navigation } from '../../../shared/page/layout.ts'
import { currentTitle } from '../../web/now-playing.ts'
import { type Element, textIn } from '../../web/xml.ts'
import { adminUrl, facts, form, layout, mountOf, none, sourcesIn } from './parts.ts'

/** The home page: the server, and every mount with its stats. */
export const serverPage = (answer: Element): Html =>
  layout(
    textIn(answer, 'host'),
    html`<section><h2>Server</h2>
<div class="actions">${form('drain', {}, html`<button>Drain: no new listeners</button>`)}${form('undrain', {}, html`<button>Accept listeners</button>`)}</div>
${facts(answer)}</section>${sourcesIn(answer).map(mountSection)}`,
  )

/** The mounts only. */
export function mountsPage(answer: Element): Html {
  const mounts = sourcesIn(answer).map(mountSection)
  return layout('Mounts', mounts.length > 0 ? html`${mounts}` : none('No mount is running.'))
}

function mountSection(source: Element): Html {
  const mount = mountOf(source)
  const playing = currentTitle({ artist: textIn(source, 'artist'), title: textIn(source, 'title') })
  const known = html`<details><summary>All stats</summary>${facts(source)}</details>`
  return html`<section><h2 class="mountname">${mount}</h2><p class="now">${playing}</p>
${isRunning(source) ? html`${links(source)}${known}${ending(mount)}` : known}</section>`
}

/** A waiting relay, or a mount that its fallback serves, has no type in its stats, and no actions. */
const isRunning = (source: Element) =>
  textIn(source, 'server_type') !== '' || textIn(source, 'content-type') !== ''

function links(source: Element): Html {
  const mount = mountOf(source)
  const to: [string, string][] = [
    [adminUrl('listclients', mount), `Listeners (${textIn(source, 'listeners')})`],
    [adminUrl('moveclients', mount), 'Move listeners'],
    [adminUrl('updatemetadata', mount), 'Set the title'],
  ]
  if (textIn(source, 'authenticator') === 'htpasswd') to.push([adminUrl('manageauth', mount), 'Users'])
  return html`<div class="actions">${navigation(to)}</div>`
}

const ending = (mount: string): Html =>
  html`<details><summary>End it …</summary><p>Disconnects the source, which may reconnect.</p>
${form('killsource', { mount }, html`<button class="risky">End ${mount}</button>`)}</details>`
