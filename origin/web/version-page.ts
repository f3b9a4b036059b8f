import { html } from 'hono/html'
import type { Html } from '../../shared/page/layout.ts'
import type { Stats } from '../stats/stats.ts'
import { printLayout } from './layout.ts'

/** `/server_version.xsl`: about this server, and its admin. */
export const versionPage = (server: Stats): Html =>
  printLayout({
    title: 'About this server',
    links: [
      ['/status.xsl', 'Status'],
      ['/admin/', 'Admin'],
    ],
    body: html`<section><table>
<tr><td class="name">Location</td><td>${server.location}</td></tr>
<tr><td class="name">Admin</td><td>${server.admin}</td></tr>
<tr><td class="name">Host</td><td>${server.host}</td></tr>
<tr><td class="name">Version</td><td>${server.server_id}</td></tr>
<tr><td class="name">Runs since</td><td>${server.server_start}</td></tr>
</table></section>`,
  })
