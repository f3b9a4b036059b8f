import type { GeoLocation } from '../../geo.ts'
import { earthRadiusKm, reachKm } from './proximity.ts'

/** steps of a distance for each kilometer: half the way around the earth fits into 16 bits */
const stepsPerKm = 3
/** the distance of a server that must not be drawn */
export const excluded = 65_535

/** How strongly a server pulls a listener, by the steps between them, in [0, 1]. */
export const pullsByFar: Float64Array = Float64Array.from({ length: excluded + 1 }, (_, steps) =>
  steps === excluded ? 0 : Math.exp(-steps / stepsPerKm / reachKm),
)

/** A point on a sphere of radius 1. */
type Point = readonly [x: number, y: number, z: number]

const radians = (degrees: number) => (degrees * Math.PI) / 180

export function pointOf({ latitude, longitude }: GeoLocation): Point {
  const [lat, lon] = [radians(latitude), radians(longitude)]
  return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)]
}

/** Where the servers of a pool are, by their indexes: all distances from one region are computed from three arrays of numbers. */
export class Sites {
  /** coordinates, three for each index; NaN if the location is unknown */
  #points = new Float64Array(0)

  static copyOf(sites: Sites): Sites {
    const copy = new Sites()
    copy.#points = sites.#points.slice()
    return copy
  }

  set(index: number, location: GeoLocation | undefined): void {
    const at = 3 * index
    if (at >= this.#points.length) {
      const points = new Float64Array(Math.max(48, 2 * at)).fill(Number.NaN)
      points.set(this.#points)
      this.#points = points
    }
    this.#points.set(location ? pointOf(location) : [Number.NaN, Number.NaN, Number.NaN], at)
  }

  isLocated(index: number): boolean {
    return !Number.isNaN(this.#points[3 * index] ?? Number.NaN)
  }

  /** The steps to the server at an index, whose location is known. */
  farFrom([x, y, z]: Point, index: number): number {
    const at = 3 * index
    const dx = (this.#points[at] ?? 0) - x
    const dy = (this.#points[at + 1] ?? 0) - y
    const dz = (this.#points[at + 2] ?? 0) - z
    const angle = 2 * Math.asin(Math.min(1, Math.sqrt(dx * dx + dy * dy + dz * dz) / 2))
    return Math.round(angle * earthRadiusKm * stepsPerKm)
  }
}
