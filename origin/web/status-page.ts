import { html, raw } from 'hono/html'
import { playlistTypes } from '../../shared/http/playlist.ts'
import { type Mount, printMount } from '../../shared/mount.ts'
import { mediaType } from '../format/formats.ts'
import type { Stats } from '../stats/stats.ts'
import type { StatsTree } from '../stats/tree.ts'
import { type Html, navigation, printLayout } from './layout.ts'
import { currentTitle } from './now-playing.ts'

const playlistKinds = [...Object.keys(playlistTypes), 'vclt']

/** `/status.xsl`: the public mounts, with players. */
export function statusPage({ server, mounts }: StatsTree): Html {
  const cards = [...mounts].map(([mount, stats]) => card(mount, stats))
  return printLayout({
    title: `${server.host}`,
    under: `${server.location}`,
    links: [
      ['/server_version.xsl', 'About'],
      ['/admin/', 'Admin'],
    ],
    body: html`<main>${cards}<p class="none"${cards.length > 0 ? raw(' hidden') : ''}>Nothing is playing at the moment.</p></main>`,
    live: true,
  })
}

const icons = raw(
  '<svg class="start" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5v14l11-7z"/></svg><svg class="stop" viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7h10v10H7z"/></svg>',
)

/** One mount. Elements that `status.client.js` updates have the name of their statistic in `data-stat`. */
function card(mount: Mount, stats: Stats): Html {
  const path = printMount(mount)
  const name = nameOf(mount, stats)
  return html`<article class="mount" data-mount="${path}">
<button class="play" type="button" aria-label="Play ${name}" aria-pressed="false" hidden>${icons}</button>
<div class="what">
<h2 data-stat="server_name">${name}</h2>
<p class="now" data-stat="now">${currentTitle(stats)}</p>
<p class="dim" data-stat="server_description">${describe(stats)}</p>
<p class="facts">${factsOf(stats).join(' · ')}</p>
<p class="trouble" role="alert"></p>
</div>
<dl class="counts">${count('listeners', 'listening', stats)}${count('listener_peak', 'peak', stats)}</dl>
<audio controls preload="none" src="${path}"></audio>
${navigation(linksOf(path, stats))}
</article>
`
}

const nameOf = (mount: Mount, { server_name: name }: Stats) =>
  name === undefined || name === 'Unspecified name' ? mount : `${name}`

function describe({ on_demand: onDemand, server_type: type, server_description: text }: Stats): string {
  if (onDemand !== undefined) return 'Starts with its first listener.'
  if (type === undefined) return 'Has no source; its fallback plays instead.'
  return text === 'Unspecified description' ? '' : `${text}`
}

function factsOf(stats: Stats): string[] {
  const { genre, server_type: type = '', subtype } = stats
  const rate = rateOf(stats)
  return [
    genre === undefined || genre === 'various' ? '' : `${genre}`,
    [formatName(`${type}`), subtype].filter(Boolean).join(' '),
    rate > 0 ? `${rate} kbit/s` : '',
  ].filter(Boolean)
}

/** kbit/s: as set by the source, else as in the stream's header, else as measured. */
function rateOf({ bitrate, 'ice-bitrate': nominal, incoming_bitrate: measured = 0 }: Stats): number {
  return Number.parseInt(`${bitrate ?? nominal ?? Number(measured) / 1000}`, 10)
}

/** The common name of a format. */
function formatName(type: string): string {
  const media = mediaType(type)
  if (/^audio\/(mpeg|mp3|x-mpeg)$/.test(media)) return 'MP3'
  if (/^audio\/(aac|aacp|x-aac)$/.test(media)) return 'AAC'
  if (/\/(x-)?ogg$/.test(media)) return 'Ogg'
  return /\/webm$/.test(media) ? 'WebM' : media
}

const count = (stat: string, label: string, stats: Stats): Html =>
  html`<div><dt>${label}</dt><dd data-stat="${stat}">${Number(stats[stat] ?? 0).toLocaleString('en')}</dd></div>`

function linksOf(path: string, { server_url: url }: Stats): [string, string][] {
  const links = playlistKinds.map((kind): [string, string] => [`${path}.${kind}`, kind.toUpperCase()])
  // the page that a source names may be any URL, even a script
  return /^https?:\/\//i.test(`${url}`) ? [...links, [`${url}`, 'Website']] : links
}
