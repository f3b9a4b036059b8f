import { joined } from '../../shared/bytes.ts'
import { errorAnswer, type PiecedAnswer, playlistAnswer, segmentAnswer } from '../../shared/hls/answers.ts'
import type { MirroredObjects } from '../../shared/hls/mirrored-objects.ts'
import type { HlsObject } from '../../shared/hls/paths.ts'
import { sessionOf } from '../../shared/hls/session.ts'
import { type Gzip, takesGzip } from '../../shared/http/takes-gzip.ts'
import type { Mount } from '../../shared/mount.ts'
import type { CarryingDeps } from '../carrying.ts'

/** What a player asks for. */
interface Asked {
  mount: Mount
  object: HlsObject & { kind: 'media' | 'segment' | 'init' }
  query: string
  range: string | undefined
  /** the `Accept-Encoding` header */
  encodings: string | undefined
}

/** Answers for an object that the edge carries. @param retrySeconds after which a player comes back if no master can be asked */
export async function answerCarried(
  asked: Asked,
  objects: MirroredObjects,
  { gzip }: Pick<CarryingDeps, 'gzip'>,
  retrySeconds: () => number,
): Promise<Response> {
  try {
    return asked.object.kind === 'media'
      ? await carriedPlaylist(asked, objects, gzip)
      : responseTo(await carriedSegment(asked.mount, asked.object, asked.range, objects))
  } catch {
    const retry = [['Retry-After', String(retrySeconds())]] as const
    return responseTo(errorAnswer(503, 'no master of this mount can be asked at the moment', retry))
  }
}

async function carriedPlaylist(
  { mount, query, encodings }: Asked,
  objects: MirroredObjects,
  gzip: CarryingDeps['gzip'],
): Promise<Response> {
  const playlist = await objects.playlist(mount)
  if (!playlist) return responseTo(errorAnswer(404, 'no master packages this mount'))
  if (playlist.isPrivate) return responseTo(guarded)
  const id = sessionOf(query)
  const perSession = id === undefined ? '' : `?s=${id}`
  return playlistResponse(encodings, gzip, (packed) => playlistAnswer(playlist, perSession, packed))
}

async function carriedSegment(
  mount: Mount,
  object: HlsObject & { kind: 'segment' | 'init' },
  range: string | undefined,
  objects: MirroredObjects,
): Promise<PiecedAnswer> {
  const segment =
    object.kind === 'init'
      ? await objects.init(mount, object.number)
      : await objects.segment(mount, object.number, object.extension)
  if (!segment) return errorAnswer(404, 'no such segment, or not any more')
  return segment.isPrivate ? guarded : segmentAnswer(segment, range)
}

/** The edge cannot ask who may listen. */
const guarded = errorAnswer(403, 'this mount requires authentication, so only its servers have it')

/**
 * A playlist, packed for a player that takes gzip. Cloudflare does not compress playlists of itself (their type is not among those that
 * it does), but its runtime packs a body whose header says gzip.
 * @param accepted the `Accept-Encoding` header
 */
export function playlistResponse(
  accepted: string | null | undefined,
  gzip: CarryingDeps['gzip'],
  answerWith: (gzip?: Gzip) => PiecedAnswer,
): Response {
  if (gzip === undefined || !takesGzip(accepted)) return responseTo(answerWith())
  if (gzip !== 'by the runtime') return responseTo(answerWith(gzip))
  const response = responseTo(answerWith())
  response.headers.set('Content-Encoding', 'gzip')
  response.headers.delete('Content-Length')
  return response
}

/** An answer as a response. */
export const responseTo = ({ status, headers, pieces, bytes }: PiecedAnswer): Response =>
  new Response(joined(pieces), {
    status,
    headers: [
      ...headers.map(([name, value]): [string, string] => [name, value]),
      ['Content-Length', String(bytes)],
    ],
  })
