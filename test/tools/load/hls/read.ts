/** What a player reads from a multivariant playlist. */
export interface ReadPathways {
  /** media playlists by pathway, in the playlist's order */
  pathways: Map<string, string>
  /** of the steering manifest; undefined: nobody steers */
  steeringUrl: string | undefined
}

/** What a player reads from a media playlist. */
export interface ReadSegments {
  targetSeconds: number
  /** s before the end at which a player should begin; undefined: as it likes */
  startSeconds: number | undefined
  segments: readonly { number: number; seconds: number; uri: string }[]
}

/** What a player reads from a steering manifest. */
export interface ReadSteering {
  ttlSeconds: number
  /** pathways in order of preference */
  priority: readonly string[]
  /** media playlists of pathways that the multivariant playlist does not name */
  clones: Map<string, string>
  reloadUri: string | undefined
}

/** Reads a multivariant playlist; the urls are absolute. @throws if it is not one */
export function readPathways(text: string, url: string): ReadPathways {
  const steering = /^#EXT-X-CONTENT-STEERING:SERVER-URI="([^"]+)"/m.exec(text)?.[1]
  const pathways = new Map<string, string>()
  for (const [, attributes = '', uri = ''] of text.matchAll(/^#EXT-X-STREAM-INF:(.*)\n(.+)$/gm))
    pathways.set(/PATHWAY-ID="([^"]+)"/.exec(attributes)?.[1] ?? '.', new URL(uri, url).href)
  if (pathways.size === 0) throw new Error(`no variant at ${url}`)
  return { pathways, steeringUrl: steering && new URL(steering, url).href }
}

/** Reads a media playlist; names of segments stay relative. @throws if it is not one */
export function readSegments(text: string): ReadSegments {
  const targetSeconds = Number(/^#EXT-X-TARGETDURATION:(\d+)$/m.exec(text)?.[1])
  let number = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text)?.[1])
  if (!(targetSeconds > 0) || !Number.isInteger(number)) throw new Error('not a media playlist')
  const start = /^#EXT-X-START:TIME-OFFSET=-([\d.]+)/m.exec(text)?.[1]
  const segments: { number: number; seconds: number; uri: string }[] = []
  let seconds = 0
  for (const line of text.split('\n'))
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice('#EXTINF:'.length))
    else if (line !== '' && !line.startsWith('#')) segments.push({ number: number++, seconds, uri: line })
  return { targetSeconds, startSeconds: start === undefined ? undefined : Number(start), segments }
}

interface Clone {
  'BASE-ID': string
  ID: string
  'URI-REPLACEMENT': {
    HOST?: string
    PARAMS?: Record<string, string>
    'PER-VARIANT-URIS'?: Record<string, string>
  }
}

/**
 * Reads a steering manifest (draft-pantos-hls-rfc8216bis §7.2).
 * @param known media playlists by pathway, which clones are made from
 * @throws if it is not one
 */
export function readSteering(text: string, known: ReadonlyMap<string, string>): ReadSteering {
  const manifest: {
    VERSION: number
    TTL: number
    'RELOAD-URI'?: string
    'PATHWAY-PRIORITY': string[]
    'PATHWAY-CLONES'?: Clone[]
  } = JSON.parse(text)
  if (manifest.VERSION !== 1 || !(manifest.TTL > 0)) throw new Error('not a steering manifest')
  const clones = new Map<string, string>()
  for (const clone of manifest['PATHWAY-CLONES'] ?? []) {
    const base = clones.get(clone['BASE-ID']) ?? known.get(clone['BASE-ID'])
    if (base !== undefined) clones.set(clone.ID, cloned(base, clone['URI-REPLACEMENT']))
  }
  return {
    ttlSeconds: manifest.TTL,
    priority: manifest['PATHWAY-PRIORITY'],
    clones,
    reloadUri: manifest['RELOAD-URI'],
  }
}

function cloned(base: string, { HOST, PARAMS, 'PER-VARIANT-URIS': whole }: Clone['URI-REPLACEMENT']): string {
  const [own] = Object.values(whole ?? {})
  const url = new URL(own ?? base)
  if (own === undefined && HOST !== undefined) url.host = HOST
  for (const [name, value] of Object.entries(PARAMS ?? {})) url.searchParams.set(name, value)
  return url.href
}
