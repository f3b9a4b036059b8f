import { html } from 'hono/html'
import type { HistoryRowJson } from '../../shared/api/history-json.ts'
import type { OffAirMount, PublicMount } from '../../shared/api/json.ts'
import { ageText } from '../../shared/draw/absence.ts'
import { playlistTypes } from '../../shared/http/playlist.ts'
import { type Html, pagePolicy, printPage } from '../../shared/page/layout.ts'
import { count, formatName, type MountCard, mountCards } from '../../shared/page/mount-card.ts'
import { serverAgent } from '../../shared/version.ts'
import { playerPath } from '../player/page.ts'

export const pageHeaders = {
  'Content-Security-Policy': pagePolicy("'none'"),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
} as const

const playlists = Object.keys(playlistTypes)
/** how often an open page asks for new titles: a title is seen within 5 s, and `/now` may be cached for 2 s */
const everyMs = 2500

/** The page for people: what plays, with players, and how many listened over the last day. */
export function publicPage(
  mounts: readonly PublicMount[],
  offAir: readonly OffAirMount[],
  history: readonly HistoryRowJson[],
): Html {
  const listeners = mounts.reduce((sum, mount) => sum + mount.listeners, 0)
  const nothing = mounts.length === 0 ? 'Nothing is on air at the moment.' : ''
  const none = offAir.length === 0 ? nothing : offAirText(offAir)
  return printPage({
    title: 'distributary',
    under: 'one URL for a stream, any number of servers behind it',
    links: [['/admin', 'Control room']],
    body: html`<section class="totals"><dl class="counts">${count('all', 'listening now', listeners)}</dl>
${sparkline(history)}</section>
${mountCards(mounts.map(card), { from: '/now', everyMs, none })}`,
    footer: serverAgent,
    live: true,
  })
}

/** mounts that are named; the others are counted */
const offAirMax = 10

function offAirText(offAir: readonly OffAirMount[]): string {
  const named = offAir.slice(0, offAirMax).map(({ mount, goneMs }) => `${mount} (for ${ageText(goneMs)})`)
  const more = offAir.length > offAirMax ? ` and ${offAir.length - offAirMax} more` : ''
  return `Off air: ${named.join(', ')}${more}`
}

const card = ({ mount, about, contentType, bitrate, listeners, listenerPeak }: PublicMount): MountCard => ({
  mount,
  name: about?.name ?? mount,
  now: [about?.artist, about?.title].filter(Boolean).join(' - '),
  description: about?.description ?? '',
  facts: [
    about?.name === undefined ? '' : mount,
    about?.genre ?? '',
    formatName(contentType ?? ''),
    bitrate ? `${bitrate} kbit/s` : '',
  ].filter(Boolean),
  listeners,
  peak: listenerPeak,
  playlists,
  player: playerPath(mount),
  site: about?.site,
})

/** Listeners over the minutes of the history, scaled to their maximum. */
function sparkline(history: readonly HistoryRowJson[]): Html | '' {
  const [first] = history
  const last = history.at(-1)
  if (!first || !last || last.at === first.at) return ''
  const most = Math.max(1, ...history.map(({ listenersMean }) => Math.round(listenersMean)))
  const minuteOf = ({ at }: HistoryRowJson) => Date.parse(at) / 60_000
  const span = minuteOf(last) - minuteOf(first)
  const points = history
    .map((row) => {
      const x = (((minuteOf(row) - minuteOf(first)) / span) * 300).toFixed(1)
      return `${x},${(58 - (row.listenersMean / most) * 54).toFixed(1)}`
    })
    .join(' ')
  const title = `listeners over ${span} minutes, at most ${most}`
  return html`<svg class="spark" viewBox="0 0 300 60" preserveAspectRatio="none" role="img" aria-label="${title}"><title>${title}</title>
<polygon points="0,60 ${points} 300,60" fill="currentColor" opacity=".15"/>
<polyline points="${points}" fill="none" stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>`
}
