import { edgePathway } from '../../../../shared/hls/pathway.ts'
import type { Mount } from '../../../../shared/mount.ts'
import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'
import type { Known, Ledger } from './ledger.ts'

/** A session that asks a decider where to fetch from. */
export interface Steered {
  mount: Mount
  country: string | undefined
  /** where it is now; undefined: it begins */
  current: string | undefined
  /** the server that sent it back */
  except: string | undefined
}

const ruleOut = 'no session is steered to a server that is out'
const ruleLeave = 'a session leaves a server that is out'
const ruleRefused = 'no session is refused while a known server has room'
const ruleCarry = 'an edge carries a session where it should'

/**
 * A decider named servers to a session, or none: each but the one where it is must be one that may get a listener, and it may be told to
 * stay at one that is out only while no other has room. Written down from docs/hls.md#steering.
 */
export function checkSteered(
  world: World,
  decider: Site,
  steered: Steered,
  named: readonly string[] | undefined,
  known: Known | undefined,
): void {
  const { ledger, program } = decider
  if (!ledger || !program) return
  const { current } = steered
  const question = { world, decider, ledger, steered, nowMs: program.nowMs(), known }
  world.bites.note(current === undefined ? 'session opened' : 'session steered')
  checkNamed(question, named ?? [])
  checkCarrying(question, named)
  const [first] = named ?? []
  if (current !== undefined && first !== undefined && first !== current)
    world.bites.note('session told to move')
  const why = first !== undefined && first === current ? whyToLeave(question, first) : undefined
  if (named && why === undefined) return
  world.bites.note(named ? 'session stays at a server that is out' : 'session refused')
  const open = othersWithRoom(question)
  if (open.length === 0) return
  if (named)
    world.violate(ruleLeave, `${decider.host} left one at ${first}, and ${why}; ${open.join(', ')} had room`)
  else
    world.violate(
      ruleRefused,
      `${decider.host} named nobody for ${steered.mount}; ${open.join(', ')} had room`,
    )
}

/** An edge that carries for everybody comes first, one that carries the overflow where no server has room (docs/hls.md#an-edge-that-carries). */
function checkCarrying(question: Question, named: readonly string[] | undefined): void {
  const { world, decider, ledger, steered, nowMs, known } = question
  const { hlsEdge, host } = decider
  const isFirst = named?.[0] === edgePathway
  if (isFirst) world.bites.note(`session at an edge that carries: ${hlsEdge}`)
  const wrong = (why: string) => world.violate(ruleCarry, `${host} (${hlsEdge}) for ${steered.mount}: ${why}`)
  if (hlsEdge === 'off') {
    if (named?.includes(edgePathway)) wrong('it named itself')
    return
  }
  // it carries only what a live master has, as far as it knows
  if (!isFirst && (named === undefined || hlsEdge === 'always')) {
    if (ledger.hasOwnMaster(steered.mount, nowMs, known?.allMs)) wrong(`it named ${named?.[0] ?? 'nobody'}`)
    return
  }
  if (!isFirst || hlsEdge === 'always') return
  const open = othersWithRoom(question)
  if (open.length > 0) wrong(`it named itself, and ${open.join(', ')} had room`)
}

interface Question {
  world: World
  decider: Site
  ledger: Ledger
  steered: Steered
  nowMs: number
  known: Known | undefined
}

const askedOf = ({ mount, country, current, except }: Steered) => ({
  mount,
  country,
  isRelay: false,
  except: current ?? except,
})

function checkNamed(
  { world, decider, ledger, steered, nowMs, known }: Question,
  named: readonly string[],
): void {
  for (const id of named) {
    if (id === steered.current || id === decider.host || id === edgePathway) continue
    const why = stockOf(ledger, id) ?? ledger.forbids(id, askedOf(steered), nowMs, known)
    if (why !== undefined) world.violate(ruleOut, `${decider.host} named ${id} for ${steered.mount}: ${why}`)
  }
}

/** Why a session should not stay where it is; a decider knows itself. */
function whyToLeave({ decider, ledger, steered, nowMs, known }: Question, id: string): string | undefined {
  if (id === decider.host || id === edgePathway) return undefined
  return ledger.forbids(id, { ...askedOf(steered), except: undefined, isHere: true }, nowMs, known)
}

function othersWithRoom({ decider, ledger, steered, nowMs, known }: Question): string[] {
  return ledger
    .candidates(askedOf(steered), nowMs, known?.allMs)
    .filter((id) => id !== steered.current && stockOf(ledger, id) === undefined)
    .filter((id) => decider.registry?.view.servers.get(id)?.reachable !== false)
    .filter((id) => !decider.workers?.mayDoubt(id, known?.allMs ?? 0))
}

const stockOf = (ledger: Ledger, id: string): string | undefined =>
  ledger.isStock(id) ? 'a stock Icecast has no HLS' : undefined

/** The servers that a multivariant playlist names, in its order. */
export const variantsIn = (playlist: string): { pathway: string; url: string }[] =>
  [...playlist.matchAll(/PATHWAY-ID="([^"]+)",STABLE-VARIANT-ID="[^"]+"\n(\S+)/g)].map(
    ([, pathway = '', url = '']) => ({ pathway, url }),
  )

/** A steering manifest, as far as it matters here. */
export interface Manifest {
  TTL: number
  'PATHWAY-PRIORITY': string[]
  'PATHWAY-CLONES'?: { ID: string; 'URI-REPLACEMENT': { 'PER-VARIANT-URIS': { audio: string } } }[]
}

/** What a decider answered to a session, checked as {@link checkSteered} says. @param url of the request */
export function checkAnswer(
  world: World,
  decider: Site,
  { url, country }: { url: URL; country: string | undefined },
  { status, text }: { status: number; text: string },
  { mount, known }: { mount: Mount; known: Known | undefined },
): void {
  const isSteering = url.pathname.endsWith('/steering.json')
  const current = isSteering ? (url.searchParams.get('_HLS_pathway') ?? undefined) : undefined
  const back = url.searchParams.get('x')
  const except = isSteering || back === null || back === '-' ? undefined : back
  if (status >= 500 && isSteering) return
  const named =
    status !== 200
      ? undefined
      : isSteering
        ? (JSON.parse(text) as Manifest)['PATHWAY-PRIORITY']
        : variantsIn(text).map(({ pathway }) => pathway)
  checkSteered(world, decider, { mount, country, current, except }, named, known)
}
