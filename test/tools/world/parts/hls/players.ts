import { serverOfPathway } from '../../../../../shared/hls/pathway.ts'
import { type Mount, printMount } from '../../../../../shared/mount.ts'
import type { Process } from '../../rig/process.ts'
import { checkLeft, type Staying } from '../../truth/drained.ts'
import type { Proximity } from '../../truth/proximity.ts'
import { type Manifest, variantsIn } from '../../truth/steering.ts'
import type { World } from '../../world.ts'
import { fromHeader } from '../decides.ts'
import type { Site } from '../site.ts'

/** ms between two looks at the media playlist, and until a player that got no steering asks again */
const lookMs = 4000
const steerAgainMs = 10_000
/** ms for which a player does not try a server again that failed (hls.js and AVPlayer take a minute) */
const penaltyMs = 60_000
/** looks in a row without audio before a listener gives up */
const looksMax = 15
const timeoutMs = 8000
/** ms after which an answer came late */
const slowMs = 500
/** s that somebody listens, in the mean */
const staysS = 50

/** Everybody who listens by HLS, with players that know content steering (docs/hls.md#steering). */
export class HlsPlayers {
  readonly #world: World
  readonly #process: Process
  readonly #roll: () => number
  readonly #players = new Set<Player>()
  readonly #sites: ReadonlyMap<string, Site>
  readonly #proximity: Proximity
  /** after everything has healed they stay where they are, so that counts can be compared */
  #isSettled = false

  constructor(world: World, sites: ReadonlyMap<string, Site>, proximity: Proximity) {
    this.#world = world
    this.#sites = sites
    this.#proximity = proximity
    this.#process = world.start(world.machine('players'))
    this.#roll = world.rolls('players')
  }

  get size(): number {
    return this.#players.size
  }

  /** @param at the decider, or a server whose address somebody has kept */
  join(at: Site, mount: Mount, country: string | undefined): void {
    this.#proximity.arrived()
    const player = new Player(
      at,
      { mount, country },
      {
        world: this.#world,
        process: this.#process,
        sites: this.#sites,
        isSettled: () => this.#isSettled,
        left: () => this.#players.delete(player),
      },
    )
    this.#players.add(player)
    this.#process.run(() => void player.open(`http://${at.host}${printMount(mount)}.m3u8`, 0))
    const staysMs = -Math.log(1 - this.#roll()) * staysS * 1000
    this.#process.after(staysMs, () => {
      if (!this.#isSettled) player.leave()
    })
  }

  /** So large a share of all leaves. */
  leave(share: number): void {
    for (const player of [...this.#players]) if (this.#roll() < share) player.leave()
  }

  settle(): void {
    this.#isSettled = true
  }
}

interface Listener {
  mount: Mount
  country: string | undefined
}

interface PlayerDeps {
  world: World
  process: Process
  sites: ReadonlyMap<string, Site>
  isSettled: () => boolean
  left: () => void
}

class Player {
  readonly #at: Site
  readonly #listener: Listener
  readonly #deps: PlayerDeps
  /** urls of media playlists, by pathway */
  readonly #urls = new Map<string, string>()
  readonly #penaltyUntilMs = new Map<string, number>()
  #priority: readonly string[] = []
  #current = ''
  #steering: string | undefined
  #lastSegment = ''
  #silentLooks = 0
  /** when it was told to stay, could not ask, or began */
  #staysSinceMs = 0
  #hasLeft = false

  constructor(at: Site, listener: Listener, deps: PlayerDeps) {
    this.#at = at
    this.#listener = listener
    this.#deps = deps
  }

  leave(): void {
    this.#hasLeft = true
    this.#deps.left()
  }

  async open(url: string, hops: number): Promise<void> {
    const { world } = this.#deps
    const answer = await this.#get(url)
    const location = answer?.headers.get('location')
    if (answer?.status === 302 && location) {
      if (hops > 0)
        world.violate(
          'no chain is longer than edge, server, edge, server',
          `a session was sent back twice, to ${location}`,
        )
      world.bites.note('session sent back')
      return hops > 0 ? this.leave() : this.open(location, hops + 1)
    }
    if (answer?.status !== 200) {
      world.note(
        this.#at.host,
        `opens no session of ${this.#listener.mount}: ${answer?.status ?? 'no answer'}`,
      )
      this.leave()
      return
    }
    const text = await answer.text()
    for (const variant of variantsIn(text)) this.#urls.set(variant.pathway, new URL(variant.url, url).href)
    this.#priority = [...this.#urls.keys()]
    this.#current = this.#priority[0] ?? ''
    const steering = /SERVER-URI="([^"]+)"/.exec(text)?.[1]
    this.#steering = steering && new URL(steering, url).href
    world.note(this.#at.host, `opens a session of ${this.#listener.mount} at ${this.#priority.join(', ')}`)
    this.#staysSinceMs = world.nowMs
    this.#after(0, () => this.#steer())
    await this.#look()
  }

  /** The media playlist, and its newest segment if that is new. */
  async #look(): Promise<void> {
    const { world, isSettled } = this.#deps
    this.#after(lookMs, () => this.#look())
    const url = this.#urls.get(this.#current)
    const chosen = {
      at: serverOfPathway(this.#current) ?? '',
      sinceMs: this.#staysSinceMs,
      choseMs: world.nowMs,
    }
    const playlist = url === undefined ? undefined : await this.#get(url)
    const listed = playlist?.status === 200 ? await playlist.text() : ''
    const segment = newestIn(listed)
    if (url === undefined || segment === undefined) {
      if (playlist?.status !== 200) this.#goOn()
      if (++this.#silentLooks > (isSettled() ? 3 : looksMax)) this.leave()
      return
    }
    if (segment === this.#lastSegment) return
    const audio = await this.#get(new URL(segment, url).href)
    if (audio?.status !== 200) return
    world.bites.note('segment heard')
    if (!isSettled()) this.#checkLeft({ ...chosen, targetMs: targetMsIn(listed) })
    this.#lastSegment = segment
    this.#silentLooks = 0
  }

  /** The current server does not answer: the next one of the order, if there is any that did not fail lately. */
  #goOn(): void {
    const nowMs = this.#deps.world.nowMs
    this.#penaltyUntilMs.set(this.#current, nowMs + penaltyMs)
    const next = this.#priority.find((each) => (this.#penaltyUntilMs.get(each) ?? 0) <= nowMs)
    if (next === undefined || next === this.#current) return
    this.#deps.world.bites.note('session fails over')
    this.#current = next
  }

  async #steer(): Promise<void> {
    if (this.#steering === undefined || this.#deps.isSettled()) return
    const { world } = this.#deps
    const askedMs = world.nowMs
    const url = new URL(this.#steering)
    url.searchParams.set('_HLS_pathway', this.#current)
    const answer = await this.#get(url.href)
    const manifest = answer?.status === 200 ? ((await answer.json()) as Manifest) : undefined
    this.#after(manifest ? manifest.TTL * 1000 : steerAgainMs, () => this.#steer())
    // it knows no better while it is not told
    if (!manifest || world.nowMs - askedMs > slowMs) this.#staysSinceMs = world.nowMs
    if (manifest && !this.#deps.isSettled()) this.#obey(manifest)
  }

  #checkLeft(staying: Staying): void {
    const { world, sites } = this.#deps
    const decider = this.#steering === undefined ? undefined : sites.get(new URL(this.#steering).hostname)
    if (decider) checkLeft(world, decider, staying)
  }

  #obey(manifest: Manifest): void {
    const { world } = this.#deps
    for (const { ID, 'URI-REPLACEMENT': to } of manifest['PATHWAY-CLONES'] ?? [])
      this.#urls.set(ID, to['PER-VARIANT-URIS'].audio)
    this.#priority = manifest['PATHWAY-PRIORITY'].filter((id) => this.#urls.has(id))
    const [first] = this.#priority
    if (first === undefined || first === this.#current) {
      this.#staysSinceMs = world.nowMs
      return
    }
    world.note(this.#at.host, `moves a session of ${this.#listener.mount} from ${this.#current} to ${first}`)
    world.bites.note('session moved')
    this.#current = first
  }

  #after(ms: number, act: () => Promise<void>): void {
    this.#deps.process.after(ms, () => {
      if (!this.#hasLeft) void act()
    })
  }

  /** Undefined: no answer came. */
  async #get(url: string): Promise<Response | undefined> {
    const { world, process } = this.#deps
    const fetch = world.network.fetchFrom('players', process)
    const { country } = this.#listener
    const headers = country === undefined ? {} : { [fromHeader]: country }
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
      return this.#hasLeft ? undefined : answer
    } catch {
      return undefined
    }
  }
}

const targetMsIn = (playlist: string): number =>
  Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(playlist)?.[1] ?? 0) * 1000

const newestIn = (playlist: string): string | undefined =>
  playlist
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .at(-1)
