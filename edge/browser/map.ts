import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { KeyedList, type Shown, setAttribute, svg } from './dom.ts'
import { countriesOf } from './parts.ts'
import { type Site, sitesOf } from './sites.ts'
import { countryName, printNumber, printPercent } from './words.ts'
import { pointOn, type World } from './world.ts'

/** px of 1000 */
const [radiusMin, radiusMax] = [5, 24]

/** The servers on the world, sized by capacity and filled by load, and the countries by their listeners. */
export function mapPanel(root: HTMLElement): (cluster: ClusterJson) => void {
  const note = element(root, '.note')
  let world: World | undefined
  let draw: ((cluster: ClusterJson) => void) | undefined
  let last: ClusterJson | undefined
  const load = async () => {
    const answer = await fetch(root.dataset.world ?? '')
    world = (await answer.json()) as World
    draw = drawWorld(element(root, '.map'), world)
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

function drawWorld(place: Element, world: World): (cluster: ClusterJson) => void {
  const titles = new Map<string, { path: Element; title: Element }>()
  const land = svg('g', { class: 'land' })
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
        role: 'img',
        'aria-label': 'Servers on a map of the world',
      },
      land,
      sites,
    ),
  )
  let largest = 1
  const list = new KeyedList<Site>(
    sites,
    ({ key }) => key,
    () => siteMark(world, () => largest),
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
  }
}

function siteMark(world: World, largest: () => number): Shown<Site> {
  const title = svg('title')
  const outer = svg('circle', { class: 'outer' })
  const inner = svg('circle', { class: 'inner' })
  const root = svg('g', {}, title, outer, inner)
  return {
    root,
    show(site) {
      const [x, y] = pointOn(world, site)
      const radius = Math.max(radiusMin, radiusMax * Math.sqrt(site.maxListeners / largest()))
      const load = site.maxListeners === 0 ? 0 : Math.min(1, site.listeners / site.maxListeners)
      setAttribute(root, 'transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
      setAttribute(root, 'class', site.worst)
      setAttribute(outer, 'r', radius.toFixed(1))
      setAttribute(inner, 'r', (radius * Math.sqrt(load)).toFixed(1))
      const names =
        site.ids.slice(0, 5).join(', ') + (site.ids.length > 5 ? ` and ${site.ids.length - 5} more` : '')
      toText(
        title,
        `${names}: ${printNumber(site.listeners)} of ${printNumber(site.maxListeners)}, ${printPercent(load)}`,
      )
    },
  }
}
