import { freePort } from '../../kit/process/ports.ts'

/** Where a program is. */
export interface Place {
  name: string
  /** the address by which others reach it, in urls */
  host: string
  port: number
  /** the port that it binds; another one where a line is in front of it */
  bindPort: number
  /** the words before its command that put it there */
  before: readonly string[]
}

/** How the programs of a trial come to their places, and reach each other. */
export interface Places {
  placeOf(name: string): Promise<Place>
  /** the url by which a slave reaches the edge; undefined: as everybody does */
  edgeFor?(name: string, edge: Place): Promise<string>
}

/** Every program is on 127.0.0.1. */
export const here: Places = {
  async placeOf(name) {
    const port = await freePort()
    return { name, host: '127.0.0.1', port, bindPort: port, before: [] }
  },
}
