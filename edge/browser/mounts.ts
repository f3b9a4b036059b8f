import type { ClusterJson, ClusterMountJson } from '../../shared/api/cluster-json.ts'
import type { PlayJson } from '../../shared/api/history-json.ts'
import { messageOf } from '../../shared/message-of.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { h, KeyedList, type Shown } from './dom.ts'
import { largest } from './parts.ts'
import { askJson } from './poll.ts'
import { shareList } from './shares.ts'
import { countryName, printNumber, printSpan, printTrack } from './words.ts'

/** mounts that are shown until more are asked for */
const mountsAtOnce = 20
const serversMax = 8
const countriesMax = 6
/** titles of the history, and how far it goes back */
const playsMax = 50
const playsHours = 24

/** Every mount: what plays, what has played, and where its listeners are. */
export function mountPanel(
  root: HTMLElement,
  chart: (mount: string) => void,
): (cluster: ClusterJson) => void {
  const list = new KeyedList<ClusterMountJson>(
    element(root, '.mounts'),
    ({ mount }) => mount,
    (mount) => mountItem(mount, chart),
  )
  const more = element<HTMLButtonElement>(root, '.more')
  const none = element(root, '.none')
  let shown = mountsAtOnce
  let all: readonly ClusterMountJson[] = []
  const show = () => {
    list.show(all.slice(0, shown))
    more.hidden = all.length <= shown
    none.hidden = all.length > 0
  }
  more.addEventListener('click', () => {
    shown += 100
    show()
  })
  return ({ mounts }) => {
    all = [...mounts].sort((a, b) => Number(a.hasMaster) - Number(b.hasMaster) || b.listeners - a.listeners)
    show()
  }
}

function mountItem({ mount }: ClusterMountJson, chart: (mount: string) => void): Shown<ClusterMountJson> {
  const name = h('span', { dir: 'auto', class: 'dim' })
  const now = h('p', { class: 'now', dir: 'auto' })
  const facts = h('p', { class: 'facts' })
  const count = h('b')
  const peak = h('small')
  const trouble = h('p', { class: 'trouble' })
  const servers = shareList('By server')
  const countries = shareList('By country')
  const titles = titleHistory(mount)
  const open = h('button', { type: 'button', class: 'link', title: 'Chart' }, h('bdi', {}, mount))
  open.addEventListener('click', () => chart(mount))
  const root = h(
    'article',
    { 'data-mount': mount },
    h(
      'div',
      { class: 'line' },
      h('h3', {}, open, ' ', name),
      h('span', { class: 'count' }, count, ' ', peak),
    ),
    now,
    facts,
    trouble,
    h('div', { class: 'shares' }, servers.root, countries.root),
    titles.root,
  )
  return {
    root,
    show(each) {
      toText(name, each.name ?? '')
      toText(now, printTrack(each.artist, each.title))
      toText(facts, factsOf(each))
      toText(count, printNumber(each.listeners))
      toText(peak, `listening, at most ${printNumber(each.peak)}`)
      toText(trouble, each.hasMaster ? '' : 'No master carries it: it will end.')
      servers.show(largest(each.servers, serversMax))
      countries.show(largest(each.countries, countriesMax, countryName))
      titles.show(printTrack(each.artist, each.title))
    },
  }
}

const factsOf = ({ contentType, bitrate, hidden, since, servers }: ClusterMountJson) =>
  [
    contentType ?? '',
    bitrate ? `${bitrate} kbit/s` : '',
    hidden ? 'hidden' : '',
    countServers(Object.keys(servers).length),
    since ? `since ${new Date(since).toLocaleString('en-GB')}` : '',
  ]
    .filter(Boolean)
    .join(' · ')

const countServers = (count: number) => `on ${count === 1 ? '1 server' : `${printNumber(count)} servers`}`

/** The titles that have played: asked for when it is opened, and again when the title changes. */
function titleHistory(mount: string): Shown<string> {
  const table = h('tbody')
  const trouble = h('p', { class: 'trouble' })
  const root = h(
    'details',
    {},
    h('summary', {}, 'Titles of the last day'),
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h('tr', {}, ...['began', 'title', 'for', 'listeners'].map((text) => h('th', { scope: 'col' }, text))),
      ),
      table,
    ),
    trouble,
  )
  let current: string | undefined
  const load = async () => {
    const from = new Date(Date.now() - playsHours * 3_600_000).toISOString()
    try {
      const plays = await askJson<PlayJson[]>(`/api/plays?mount=${encodeURIComponent(mount)}&from=${from}`)
      table.replaceChildren(...plays.slice(-playsMax).reverse().map(playRow))
      toText(trouble, plays.length === 0 ? 'No title is known.' : '')
    } catch (error) {
      toText(trouble, messageOf(error))
    }
  }
  root.addEventListener('toggle', () => void (root.open && load()))
  return {
    root,
    show(title) {
      if (title !== current && root.open) void load()
      current = title
    },
  }
}

const playRow = ({ start, artist, title, seconds, listenersMean }: PlayJson) =>
  h(
    'tr',
    {},
    h('td', {}, new Date(start).toLocaleTimeString('en-GB')),
    h('td', { dir: 'auto' }, printTrack(artist, title)),
    h('td', {}, printSpan(seconds)),
    h('td', {}, printNumber(listenersMean)),
  )
