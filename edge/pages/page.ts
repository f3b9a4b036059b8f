import { html, raw } from 'hono/html'
import type { PublicMount, ServerJson } from '../../shared/api/json.ts'
import type { HistoryRow } from '../../shared/cluster/server-table.ts'
import { logo } from '../../shared/logo.ts'
import { printMount } from '../../shared/mount.ts'
import { version } from '../../shared/version.ts'
import { pageStyle } from './page-style.ts'

/** Only audio may come from other hosts: from whichever server the redirect leads to. */
export const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; media-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
} as const

type Html = ReturnType<typeof html>

/**
 * The page for people: mounts, listeners, and how the last day went.
 * @param servers only for the admin: every server, and why it gets no listeners; undefined shows a link to them
 */
export function printPage(
  mounts: readonly PublicMount[],
  history: readonly HistoryRow[],
  servers: readonly ServerJson[] | undefined,
): Html {
  const listeners = mounts.reduce((sum, mount) => sum + mount.listeners, 0)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>distributary</title>
<style>${raw(pageStyle)}</style>
</head>
<body>
<main>
<header>${mark}<div><h1>distributary</h1><p>one URL for a stream, any number of servers behind it</p></div></header>
<section><div class="facts">
<div><b>${number(listeners)}</b><span>listening now</span></div>
<div><b>${number(mounts.length)}</b><span>${mounts.length === 1 ? 'mount' : 'mounts'}</span></div>
${sparkline(history)}
</div></section>
<section><h2>Mounts</h2>${mountTable(mounts)}</section>
${servers ? html`<section><h2>Servers</h2>${serverTable(servers)}</section>` : ''}
<footer>distributary ${version}${servers ? '' : html` · <a href="/?servers">servers</a> (for the admin)`}</footer>
</main>
</body>
</html>
`
}

const number = (n: number) => n.toLocaleString('en')

const mark = raw(logo('stroke="currentColor" aria-hidden="true"'))

function mountTable(mounts: readonly PublicMount[]): Html {
  if (mounts.length === 0) return html`<p class="none">No server has reported a mount yet.</p>`
  return html`<table>
<tr><th>mount</th><th class="n">listeners</th><th>format</th><th></th></tr>
${mounts.map((each) => {
  const path = printMount(each.mount)
  const format = [each.contentType, each.bitrate && `${each.bitrate} kbit/s`].filter(Boolean).join(', ')
  return html`<tr><td><a href="${path}">${each.about?.name ?? each.mount}</a>${plays(each)}</td><td class="n">${number(each.listeners)}</td>
<td><small>${format}</small></td><td class="n"><audio controls preload="none" src="${path}"></audio></td></tr>`
})}
</table>`
}

/** The track that plays, on a separate line. */
function plays({ mount, about }: PublicMount): Html | '' {
  const song = [about?.artist, about?.title].filter(Boolean).join(' – ')
  const line = [about?.name === undefined ? '' : mount, song].filter((part) => part !== '').join(' · ')
  return line === '' ? '' : html`<br><small>${line}</small>`
}

function serverTable(servers: readonly ServerJson[]): Html {
  if (servers.length === 0) return html`<p class="none">No server has reported yet.</p>`
  return html`<table>
<tr><th>server</th><th>role</th><th>takes listeners</th><th class="n">listeners</th><th></th><th class="n">free</th><th class="n">mounts</th><th class="n">reported</th></tr>
${servers.map(
  (each) => html`<tr><td>${each.id}<br><small>${each.urls.join(' ')}</small></td><td>${each.role}</td>
<td>${each.out === null ? html`<span class="in">yes</span>` : html`<span class="out">${each.out}</span>`}${each.notes?.map((note) => html`<br><small>${note}</small>`) ?? ''}</td>
<td class="n">${number(each.listeners)} of ${number(each.maxListeners)}</td>
<td><meter value="${each.listeners}" max="${Math.max(1, each.maxListeners)}"></meter></td>
<td class="n">${number(each.free)}</td><td class="n">${number(each.mounts.length)}</td>
<td class="n"><small>${number(Math.round(each.ageSeconds))} s ago</small></td></tr>`,
)}
</table>`
}

/** Listeners over the minutes of the history, scaled to their maximum. */
function sparkline(history: readonly HistoryRow[]): Html | '' {
  const [first] = history
  const last = history.at(-1)
  if (!first || !last || last.minute === first.minute) return ''
  const most = Math.max(1, ...history.map(({ listeners }) => listeners))
  const span = last.minute - first.minute
  const points = history
    .map(({ minute, listeners }) => {
      const x = (((minute - first.minute) / span) * 300).toFixed(1)
      return `${x},${(58 - (listeners / most) * 54).toFixed(1)}`
    })
    .join(' ')
  const title = `listeners over ${span} minutes, at most ${most}`
  return html`<svg class="spark" viewBox="0 0 300 60" preserveAspectRatio="none" role="img" aria-label="${title}"><title>${title}</title>
<polygon points="0,60 ${points} 300,60" fill="currentColor" opacity=".15"/>
<polyline points="${points}" fill="none" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>`
}
