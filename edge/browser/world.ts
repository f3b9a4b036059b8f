import { geoEqualEarthRaw } from 'd3-geo'
import type { GeoLocation } from '../../shared/geo.ts'

/** The outlines of the world's countries, projected when the page's files were made. */
export interface World {
  width: number
  height: number
  scale: number
  translate: [x: number, y: number]
  countries: [code: string, path: string][]
}

const radians = Math.PI / 180

/** Where a location is on the map; the same projection as that of the outlines (Equal Earth, 2018). */
export function pointOn(
  { scale, translate: [x, y] }: World,
  { latitude, longitude }: GeoLocation,
): [number, number] {
  const [right, up] = geoEqualEarthRaw(longitude * radians, latitude * radians)
  return [x + scale * right, y - scale * up]
}
