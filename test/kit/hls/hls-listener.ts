import { eventually } from '../base/eventually.ts'
import { parsePathways, readMediaPlaylist } from './hls-readers.ts'

/** One segment that was fetched, and from where. */
export interface HeardSegment {
  number: number
  pathway: string
}

/** A listener by HLS that follows its steering manifest, as hls.js does. */
export interface HlsListener {
  /** in the order in which they were fetched */
  readonly segments: readonly HeardSegment[]
  /** the pathway that it fetches from */
  readonly pathway: string
  /** the audio of all segments */
  audio(): Buffer
  close(): void
}

/** What the steering manifests say that matters to a player. */
interface Manifest {
  'PATHWAY-PRIORITY': string[]
  'PATHWAY-CLONES'?: { ID: string; 'URI-REPLACEMENT': { 'PER-VARIANT-URIS': Record<string, string> } }[]
}

/** ms between two looks at the playlist, and at the steering manifest: more often than a player does, so that a test is short */
const everyMs = 250
/** segments before the end of the playlist with which it begins, as players do */
const behind = 3

/** Listens from the first multivariant playlist that it gets until it is closed. */
export async function listenByHls(url: string): Promise<HlsListener> {
  const text = await eventually(async () => {
    const answer = await fetch(url)
    return answer.ok && answer.text()
  })
  const pathways = new Map(
    parsePathways(text).map(({ id = '', url: media }) => [id, `${new URL(media, url)}`]),
  )
  const [, steering = '', first = ''] = /SERVER-URI="([^"]+)",PATHWAY-ID="([^"]+)"/.exec(text) ?? []
  const segments: HeardSegment[] = []
  const pieces: Uint8Array[] = []
  let pathway = first
  let closed = false

  const steer = async () => {
    const answer = await fetch(`${new URL(steering, url)}&_HLS_pathway=${pathway}`)
    if (!answer.ok) return
    const { 'PATHWAY-PRIORITY': order, 'PATHWAY-CLONES': clones = [] } = (await answer.json()) as Manifest
    for (const { ID, 'URI-REPLACEMENT': replacement } of clones)
      pathways.set(ID, Object.values(replacement['PER-VARIANT-URIS'])[0] ?? '')
    pathway = order.find((id) => pathways.has(id)) ?? pathway
  }
  const hear = async () => {
    const [at, media] = [pathway, pathways.get(pathway) ?? '']
    const answer = await fetch(media)
    if (!answer.ok) throw new Error(`${media} answered ${answer.status}`)
    const listed = readMediaPlaylist(await answer.text()).segments.map(({ uri }) => uri)
    const last = segments.at(-1)?.number
    const next = last === undefined ? listed.slice(-behind) : listed.filter((uri) => numberIn(uri) > last)
    for (const uri of next) {
      const segment = await fetch(new URL(uri, media))
      if (!segment.ok) throw new Error(`${uri} answered ${segment.status}`)
      pieces.push(new Uint8Array(await segment.arrayBuffer()))
      segments.push({ number: numberIn(uri), pathway: at })
    }
  }
  const goOn = async () => {
    while (!closed) {
      await steer().catch(() => {})
      // a player whose server does not answer takes the next one
      await hear().catch(() => {
        const ids = [...pathways.keys()]
        pathway = ids[(ids.indexOf(pathway) + 1) % ids.length] ?? pathway
      })
      await new Promise((wake) => setTimeout(wake, everyMs))
    }
  }
  void goOn()
  return {
    segments,
    get pathway() {
      return pathway
    },
    audio: () => Buffer.concat(pieces),
    close() {
      closed = true
    },
  }
}

const numberIn = (uri: string) => Number(/^(\d+)\./.exec(uri)?.[1])
