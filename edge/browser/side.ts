import type { ClusterJson, EventJson } from '../../shared/api/cluster-json.ts'
import { element } from '../../shared/page/browser/elements.ts'
import { h, KeyedList } from './dom.ts'
import { countriesOf, largest } from './parts.ts'
import { shareList } from './shares.ts'
import { countryName } from './words.ts'

/** events that are shown until all are asked for */
const eventsAtOnce = 30
const countriesMax = 12

/** How the requests of the last minute were answered. */
export function answerPanel(root: HTMLElement): (cluster: ClusterJson) => void {
  const answers = shareList('Answers')
  const beside = shareList('At the servers')
  const none = element(root, '.none')
  none.before(answers.root, beside.root)
  return ({ perMinute }) => {
    const all = largest(perMinute.answers, 12)
    answers.show(all)
    const { joins, sendBacks, refusals } = perMinute
    const total = Math.max(1, joins + sendBacks + refusals)
    const part = (key: string, name: string, value: number) => ({ key, name, value, share: value / total })
    beside.show([
      part('joins', 'joins', joins),
      part('sendBacks', 'sent back to the edge', sendBacks),
      part('refusals', 'no server free', refusals),
    ])
    none.hidden = all.length > 0
  }
}

export function countryPanel(root: HTMLElement): (cluster: ClusterJson) => void {
  const countries = shareList('Listeners by country (estimate)')
  root.append(countries.root)
  return (cluster) => countries.show(largest(countriesOf(cluster), countriesMax, countryName))
}

/** What happened, the newest first. */
export function eventPanel(root: HTMLElement): (cluster: ClusterJson) => void {
  const list = new KeyedList<EventJson & { key: string }>(
    element(root, 'ol'),
    ({ key }) => key,
    (event) => ({ root: eventItem(event), show: () => {} }),
  )
  const more = element<HTMLButtonElement>(root, '.more')
  const none = element(root, '.none')
  let all: readonly EventJson[] = []
  let shown = eventsAtOnce
  const show = () => {
    list.show(keyed(all.slice(-shown)).reverse())
    more.hidden = all.length <= shown
    none.hidden = all.length > 0
  }
  more.addEventListener('click', () => {
    shown = Number.POSITIVE_INFINITY
    show()
  })
  return ({ events }) => {
    all = events
    show()
  }
}

/** Events with keys: two at one moment can say the same. */
function keyed(events: readonly EventJson[]): (EventJson & { key: string })[] {
  const counts = new Map<string, number>()
  return events.map((event) => {
    const text = JSON.stringify(event)
    const count = counts.get(text) ?? 0
    counts.set(text, count + 1)
    return { ...event, key: `${text} ${count}` }
  })
}

const bad = /stale|lost|no master|unreachable|wrong login|taken over/

function eventItem({ at, kind, server, mount, detail }: EventJson): HTMLElement {
  const when = new Date(at)
  const about = [server, mount, detail].flatMap((text) => (text ? [' ', h('bdi', {}, text)] : []))
  return h(
    'li',
    bad.test(kind) ? { class: 'critical' } : {},
    h('time', { datetime: at, title: when.toLocaleString('en-GB') }, when.toLocaleTimeString('en-GB')),
    ' ',
    h('b', {}, kind),
    ...about,
  )
}
