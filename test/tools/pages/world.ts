import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { geoEqualEarth, geoPath } from 'd3-geo'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import type { World } from '../../../edge/browser/world.ts'

const { resolve } = createRequire(import.meta.url)
const width = 1000
/** a continent without listeners would take a fifth of the height */
const antarctica = '010'

/** The outlines of all countries as paths of an SVG, projected once: a browser then needs neither topology nor projection for them. */
export function makeWorld(): World {
  const topology = parse<Topology<{ countries: GeometryCollection<{ name: string }> }>>(
    'world-atlas/countries-110m.json',
  )
  const codes = parse<[alpha2: string, alpha3: string, numeric: string][]>('i18n-iso-countries/codes.json')
  const alpha2 = new Map(codes.map(([two, , numeric]) => [numeric, two]))
  const countries = feature(topology, topology.objects.countries)
  countries.features = countries.features.filter(({ id }) => id !== antarctica)
  const projection = geoEqualEarth().fitWidth(width, countries)
  const path = geoPath(projection).digits(0)
  const [, [, bottom]] = path.bounds(countries)
  const [x = 0, y = 0] = projection.translate()
  return {
    width,
    height: Math.ceil(bottom),
    scale: projection.scale(),
    translate: [x, y],
    countries: countries.features.map((each) => [alpha2.get(`${each.id}`) ?? '', relative(path(each) ?? '')]),
  }
}

/** A path of rings as `M1,2l3,4-5,6z`: from point to point, which takes half of the text. */
function relative(path: string): string {
  const rings = path.split('Z').filter((ring) => ring !== '')
  return rings.map((ring) => relativeRing(ring.slice(1).split('L'))).join('')
}

function relativeRing([start = '', ...rest]: readonly string[]): string {
  let [x = 0, y = 0] = start.split(',').map(Number)
  const steps = rest.map((point) => {
    const [toX = 0, toY = 0] = point.split(',').map(Number)
    const step = [toX - x, toY - y] as const
    x = toX
    y = toY
    return step
  })
  const moved = steps.filter(([dx, dy]) => dx !== 0 || dy !== 0)
  // an island smaller than a unit
  if (moved.length < 2) return ''
  return `M${start}l${moved
    .map(([dx, dy]) => `${dx}${dy < 0 ? '' : ' '}${dy}`)
    .join(' ')
    .replace(/ -/g, '-')}z`
}

const parse = <T>(module: string): T => JSON.parse(readFileSync(resolve(module), 'utf8')) as T
