import { joined } from '../../shared/bytes.ts'
import { errorAnswer, type PiecedAnswer, playlistAnswer, segmentAnswer } from '../../shared/hls/answers.ts'
import type { MirroredObjects } from '../../shared/hls/mirrored-objects.ts'
import type { HlsObject } from '../../shared/hls/paths.ts'
import { sessionOf } from '../../shared/hls/session.ts'
import type { Mount } from '../../shared/mount.ts'

/** What a player asks for. */
interface Asked {
  mount: Mount
  object: HlsObject & { kind: 'media' | 'segment' | 'init' }
  query: string
  range: string | undefined
}

/** Answers for an object that the edge carries. @param retrySeconds after which a player comes back if no master can be asked */
export async function answerCarried(
  asked: Asked,
  objects: MirroredObjects,
  retrySeconds: () => number,
): Promise<Response> {
  try {
    return responseOf(await carried(asked, objects))
  } catch {
    const retry = [['Retry-After', String(retrySeconds())]] as const
    return responseOf(errorAnswer(503, 'no master of this mount can be asked at the moment', retry))
  }
}

async function carried(
  { mount, object, query, range }: Asked,
  objects: MirroredObjects,
): Promise<PiecedAnswer> {
  if (object.kind === 'media') {
    const playlist = await objects.playlist(mount)
    if (!playlist) return errorAnswer(404, 'no master packages this mount')
    if (playlist.isPrivate) return guarded
    const id = sessionOf(query)
    return playlistAnswer(playlist, id === undefined ? '' : `?s=${id}`)
  }
  const segment =
    object.kind === 'init'
      ? await objects.init(mount, object.number)
      : await objects.segment(mount, object.number, object.extension)
  if (!segment) return errorAnswer(404, 'no such segment, or not any more')
  return segment.isPrivate ? guarded : segmentAnswer(segment, range)
}

/** The edge cannot ask who may listen. */
const guarded = errorAnswer(403, 'this mount requires authentication, so only its servers have it')

const responseOf = ({ status, headers, pieces, bytes }: PiecedAnswer): Response =>
  new Response(joined(pieces), {
    status,
    headers: [
      ...headers.map(([name, value]): [string, string] => [name, value]),
      ['Content-Length', String(bytes)],
    ],
  })
