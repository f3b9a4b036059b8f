import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { KeyedList, type Shown, setAttribute, svg } from './dom.ts'
import { countriesOf } from './parts.ts'
import { type Site, sitesOf } from './sites.ts'
import { countryName, printNumber, printPercent } from './words.ts'
import { pointOn, type World } from './world.ts'

/** px of 1000 */
const [radiusMin, radiusMax] = [5, 24]

/**
 * The servers on the world, sized by capacity and filled by load, and the countries by their listeners.
 * @param open shows a server
 */
export function mapPanel(root: HTMLElement, open: (id: string) => void): (cluster: ClusterJson) => void {
  const note = element(root, '.note')
  const about = element(root, '.about')
  let world: World | undefined
  let draw: ((cluster: ClusterJson) => void) | undefined
  let last: ClusterJson | undefined
  const load = async () => {
    const answer = await fetch(root.dataset.world ?? '')
    world = (await answer.json()) as World
    draw = drawWorld(element(root, '.map'), world, (site) => toText(about, site), open)
    if (last) draw(last)
  }
  load().catch(() => toText(note, 'The map could not be loaded.'))
  return (cluster) => {
    last = cluster
    draw?.(cluster)
    const unknown = cluster.servers.filter(({ location }) => location === null).length
    toText(
      note,
      unknown === 0
        ? ''
        : `The location of ${printNumber(unknown)} of ${printNumber(cluster.servers.length)} servers is not known.`,
    )
  }
}

function drawWorld(
  place: Element,
  world: World,
  tell: (site: string) => void,
  open: (id: string) => void,
): (cluster: ClusterJson) => void {
  const titles = new Map<string, { path: Element; title: Element }>()
  const land = svg('g', { class: 'land', 'aria-hidden': 'true' })
  for (const [code, d] of world.countries) {
    const title = svg('title', {}, code === '' ? '' : countryName(code))
    const path = svg('path', { d }, title)
    land.append(path)
    if (code !== '') titles.set(code, { path, title })
  }
  const sites = svg('g', { class: 'sites' })
  place.append(
    svg(
      'svg',
      {
        viewBox: `0 0 ${world.width} ${world.height}`,
        role: 'group',
        'aria-label': 'Servers on a map of the world: the arrow keys go from one to the next',
      },
      land,
      sites,
    ),
  )
  sites.addEventListener('keydown', (event) => moveBetween(sites, event))
  let largest = 1
  const list = new KeyedList<Site>(
    sites,
    ({ key }) => key,
    () => siteMark(world, () => largest, tell, open),
  )
  let counted: string[] = []
  return (cluster) => {
    const countries = countriesOf(cluster)
    const most = Math.max(1, ...Object.values(countries))
    for (const code of counted.filter((each) => !(each in countries))) {
      const entry = titles.get(code)
      entry?.path.removeAttribute('class')
      entry?.path.removeAttribute('fill-opacity')
      if (entry) toText(entry.title, countryName(code))
    }
    counted = Object.keys(countries)
    for (const [code, listeners] of Object.entries(countries)) {
      const entry = titles.get(code)
      if (!entry) continue
      setAttribute(entry.path, 'fill-opacity', (0.25 + (0.75 * listeners) / most).toFixed(2))
      setAttribute(entry.path, 'class', 'heard')
      toText(entry.title, `${countryName(code)}: about ${printNumber(listeners)} listeners`)
    }
    const all = sitesOf(cluster.servers)
    largest = Math.max(1, ...all.map(({ maxListeners }) => maxListeners))
    list.show(all)
    keepOneStop(sites)
  }
}

/** The sites are one stop of the Tab key, however many there are; arrows move between them. */
function keepOneStop(sites: SVGElement): void {
  const marks = [...sites.children]
  const at = marks.find((mark) => mark === document.activeElement) ?? marks.find(isStop) ?? marks[0]
  for (const mark of marks) setAttribute(mark, 'tabindex', mark === at ? '0' : '-1')
}

const isStop = (mark: Element) => mark.getAttribute('tabindex') === '0'
const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

function moveBetween(sites: SVGElement, event: KeyboardEvent): void {
  const step = steps[event.key]
  const marks = [...sites.children]
  const next = marks.at((marks.findIndex(isStop) + (step ?? 0)) % marks.length)
  if (step === undefined || !(next instanceof SVGElement)) return
  event.preventDefault()
  next.focus()
  keepOneStop(sites)
}

function siteMark(
  world: World,
  largest: () => number,
  tell: (site: string) => void,
  open: (id: string) => void,
): Shown<Site> {
  const title = svg('title')
  const outer = svg('circle', { class: 'outer' })
  const inner = svg('circle', { class: 'inner' })
  const root = svg('g', { role: 'button', tabindex: '-1' }, title, outer, inner)
  const isFocused = () => document.activeElement === root
  let first = ''
  const act = () => open(first)
  root.addEventListener('click', act)
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault() // the key would press a button of the dialog that opens
    act()
  })
  root.addEventListener('focus', () => tell(title.textContent ?? ''))
  root.addEventListener('blur', () => tell(''))
  return {
    root,
    show(site) {
      first = site.ids[0] ?? ''
      const [x, y] = pointOn(world, site)
      const radius = Math.max(radiusMin, radiusMax * Math.sqrt(site.maxListeners / largest()))
      const load = site.maxListeners === 0 ? 0 : Math.min(1, site.listeners / site.maxListeners)
      setAttribute(root, 'transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
      setAttribute(root, 'class', site.worst)
      setAttribute(outer, 'r', radius.toFixed(1))
      setAttribute(inner, 'r', (radius * Math.sqrt(load)).toFixed(1))
      const names =
        site.ids.slice(0, 5).join(', ') + (site.ids.length > 5 ? ` and ${site.ids.length - 5} more` : '')
      const text = `${names}: ${printNumber(site.listeners)} of ${printNumber(site.maxListeners)}, ${printPercent(load)}`
      toText(title, text)
      setAttribute(root, 'aria-label', text)
      if (isFocused()) tell(text)
    },
  }
}
