import { html } from 'hono/html'
import type { ServerJson } from '../../shared/api/json.ts'
import { type Html, printPage } from '../../shared/page/layout.ts'
import { serverAgent } from '../../shared/version.ts'

/** The admin's page: every server, and why it gets no listeners. */
export const serversPage = (servers: readonly ServerJson[]): Html =>
  printPage({
    title: 'Control room',
    links: [['/', 'Public page']],
    body: html`<main><section><h2>Servers</h2>${serverTable(servers)}</section></main>`,
    footer: serverAgent,
  })

const number = (n: number) => n.toLocaleString('en')

function serverTable(servers: readonly ServerJson[]): Html {
  if (servers.length === 0) return html`<p class="none">No server has reported yet.</p>`
  return html`<table>
<tr><th>server</th><th>role</th><th>takes listeners</th><th>listeners</th><th></th><th>free</th><th>mounts</th><th>reported</th></tr>
${servers.map(
  (each) => html`<tr><td>${each.id}<br><small>${each.urls.join(' ')}</small></td><td>${each.role}</td>
<td>${each.out === null ? 'yes' : each.out}${each.notes?.map((note) => html`<br><small>${note}</small>`) ?? ''}</td>
<td>${number(each.listeners)} of ${number(each.maxListeners)}</td>
<td><meter value="${each.listeners}" max="${Math.max(1, each.maxListeners)}"></meter></td>
<td>${number(each.free)}</td><td>${number(each.mounts.length)}</td>
<td><small>${number(Math.round(each.ageSeconds))} s ago</small></td></tr>`,
)}
</table>`
}
