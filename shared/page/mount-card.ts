import { html, raw } from 'hono/html'
import { type Mount, printMount } from '../mount.ts'
import { type Html, navigation } from './layout.ts'

/** A mount on a public page. */
export interface MountCard {
  mount: Mount
  name: string
  /** artist and title on one line */
  now: string
  description: string
  /** genre, format, rate */
  facts: readonly string[]
  listeners: number
  peak: number
  /** playlists, without the path of the mount: `m3u` */
  playlists: readonly string[]
  /** the page that plays only this mount */
  player?: string
  /** the page that its source names */
  site: string | undefined
}

/** The mounts as cards, with players. @param from where their current state is published @param none a line about what is not on air; empty: there is nothing to say */
export const mountCards = (
  cards: readonly MountCard[],
  { from, everyMs, none }: { from: string; everyMs: number; none: string },
): Html =>
  html`<main data-from="${from}" data-every="${everyMs}">${cards.map(mountCard)}<p class="none"${none === '' ? raw(' hidden') : ''}>${none}</p></main>`

/** A triangle and a square, of which the style sheet shows one. */
export const playIcons = raw(
  '<svg class="start" viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5v14l11-7z"/></svg><svg class="stop" viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7h10v10H7z"/></svg>',
)

/** One mount. Elements that the script updates have the name of their statistic in `data-stat`. Texts from outside may run from right to left. */
function mountCard(card: MountCard): Html {
  const path = printMount(card.mount)
  return html`<article class="mount" data-mount="${path}">
<button class="play" type="button" aria-label="Play ${card.name}" aria-pressed="false" hidden>${playIcons}</button>
<div class="what">
<h2 data-stat="server_name" dir="auto">${card.name}</h2>
<p class="now" data-stat="now" dir="auto">${card.now}</p>
<p class="dim" data-stat="server_description" dir="auto">${card.description}</p>
<p class="facts">${card.facts.map((fact, i) => html`${i > 0 ? ' · ' : ''}<bdi>${fact}</bdi>`)}</p>
<p class="trouble" role="alert"></p>
</div>
<dl class="counts">${count('listeners', 'listening', card.listeners)}${count('listener_peak', 'peak', card.peak)}</dl>
<audio controls preload="none" src="${path}"></audio>
${navigation(linksOf(path, card))}
</article>
`
}

export const count = (stat: string, label: string, value: number): Html =>
  html`<div><dt>${label}</dt><dd data-stat="${stat}">${value.toLocaleString('en')}</dd></div>`

function linksOf(path: string, { playlists, player, site }: MountCard): [string, string][] {
  const links = playlists.map((kind): [string, string] => [`${path}.${kind}`, kind.toUpperCase()])
  if (player !== undefined) links.unshift([player, 'Player'])
  // the page that a source names may be any URL, even a script
  return site !== undefined && /^https?:\/\//i.test(site) ? [...links, [site, 'Website']] : links
}

/** The common name of a format. @param type a media type with or without parameters */
export function formatName(type: string): string {
  const media = (type.split(';')[0] ?? '').trim().toLowerCase()
  if (/^audio\/(mpeg|mp3|x-mpeg)$/.test(media)) return 'MP3'
  if (/^audio\/(aac|aacp|x-aac)$/.test(media)) return 'AAC'
  if (/\/(x-)?ogg$/.test(media)) return 'Ogg'
  return /\/webm$/.test(media) ? 'WebM' : media
}
