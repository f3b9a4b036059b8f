import { createHash } from 'node:crypto'
import { parseHlsPath } from '../../../../shared/hls/paths.ts'
import type { World } from '../world.ts'

const ruleMade = 'a server passes on what a master has made'
const ruleOnce = 'an object is fetched once'
const ruleYoung = 'no playlist is older than a target duration'

/** Bytes by which a text or a segment is known again. */
const nameOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('base64')

/** The segments that a playlist lists, and what is said of them: without the session that each shows. */
const listedIn = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(bytes)
      .toString()
      .replaceAll(/\?s=[^\s"]*/g, '')
      .replace(/^#EXT-X-TARGETDURATION:.*$/m, ''),
  )

const kindOf = (path: string) => parseHlsPath(path)?.object.kind

/** The objects of HLS that the masters of a cluster have made, by path. */
export class MadeObjects {
  readonly #names = new Map<string, Set<string>>()

  /** A master has answered with an object. */
  add(path: string, bytes: Uint8Array): void {
    if (kindOf(path) === 'media') return
    const names = this.#names.get(path) ?? new Set()
    names.add(nameOf(bytes))
    this.#names.set(path, names)
  }

  has(path: string, bytes: Uint8Array): boolean {
    return this.#names.get(path)?.has(nameOf(bytes)) === true
  }
}

/**
 * What one run of a slave, or of an edge that carries, does with the objects of masters (docs/hls.md#an-edge-that-carries): segments are those that a
 * master made, each fetched once; a playlist is at most a target duration old. Its observer sees what it gets and what it answers.
 */
export class Mirror {
  readonly #world: World
  readonly #made: MadeObjects
  readonly #host: string
  readonly #nowMs: () => number
  readonly #fetched = new Set<string>()
  /** by path: the playlists that it got, and when */
  readonly #playlists = new Map<string, Map<string, { atMs: number; targetMs: number }>>()

  constructor(world: World, made: MadeObjects, host: string, nowMs: () => number) {
    this.#world = world
    this.#made = made
    this.#host = host
    this.#nowMs = nowMs
  }

  /** `fetch` of the program, watched. */
  watch(fetch: typeof globalThis.fetch, asked: (url: URL, init: RequestInit | undefined) => void = () => {}) {
    const watched: typeof globalThis.fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (!url.pathname.startsWith('/hls/')) return fetch(input, init)
      asked(url, init)
      const response = await fetch(input, init)
      if (response.status !== 200) return response
      const bytes = new Uint8Array(await response.arrayBuffer())
      this.#received(url.pathname, bytes)
      const { status, headers } = response
      return new Response(this.#world.tampering.object?.(url.pathname, bytes) ?? bytes, { status, headers })
    }
    return watched
  }

  #received(path: string, bytes: Uint8Array): void {
    if (kindOf(path) === 'media') {
      const targetMs = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(Buffer.from(bytes).toString())?.[1]) * 1000
      const known = this.#playlists.get(path) ?? new Map()
      known.set(nameOf(listedIn(bytes)), { atMs: this.#nowMs(), targetMs })
      this.#playlists.set(path, known)
      return
    }
    if (this.#fetched.has(path)) this.#world.violate(ruleOnce, `${this.#host} got ${path} twice`)
    this.#fetched.add(path)
  }

  /** It has answered a player with an object. */
  answered(path: string, bytes: Uint8Array): void {
    if (kindOf(path) === 'media') this.#checkPlaylist(path, listedIn(bytes))
    else if (!this.#made.has(path, bytes))
      this.#world.violate(ruleMade, `${this.#host} answered ${path} with other bytes than any master`)
  }

  #checkPlaylist(path: string, bytes: Uint8Array): void {
    const got = this.#playlists.get(path)?.get(nameOf(bytes))
    if (!got) {
      this.#world.violate(ruleMade, `${this.#host} answered ${path} with a playlist that no master sent`)
      return
    }
    const ageMs = this.#nowMs() - got.atMs
    if (ageMs > got.targetMs)
      this.#world.violate(ruleYoung, `${this.#host} answered ${path} with one of ${Math.round(ageMs)} ms`)
  }
}
