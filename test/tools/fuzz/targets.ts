import type { Target } from './target.ts'
import { addressList } from './targets/address-list.ts'
import { api } from './targets/api.ts'
import { backends } from './targets/backends.ts'
import { chunked } from './targets/chunked.ts'
import { contentType } from './targets/content-type.ts'
import { edgeBody } from './targets/edge-body.ts'
import { edgeHead } from './targets/edge-head.ts'
import { environment } from './targets/environment.ts'
import { files } from './targets/files.ts'
import { forwarded } from './targets/forwarded.ts'
import { adts, mpeg, ogg, webm } from './targets/framers.ts'
import { geo } from './targets/geo.ts'
import { head } from './targets/head.ts'
import { htpasswd } from './targets/htpasswd.ts'
import { icyMetadata } from './targets/icy-metadata.ts'
import { icyStream } from './targets/icy-stream.ts'
import { id3 } from './targets/id3.ts'
import { listenerQuery } from './targets/listener-query.ts'
import { packaging } from './targets/packaging.ts'
import { mirrored, paths } from './targets/playlists.ts'
import { polledServer } from './targets/polled-server.ts'
import { printed } from './targets/printed.ts'
import { proxy } from './targets/proxy.ts'
import { repeatedHeads } from './targets/repeated-heads.ts'
import { reply, replyHead } from './targets/replies.ts'
import { report } from './targets/report.ts'
import { seam } from './targets/seam.ts'
import { shoutcast } from './targets/shoutcast.ts'
import { statsJson, statsXml } from './targets/stats.ts'
import { streamHeadersTarget } from './targets/stream-headers.ts'
import { streamList } from './targets/stream-list.ts'
import { xml } from './targets/xml.ts'

/** All of them, as the command lists them. */
export const targets: readonly Target[] = [
  ...[head, repeatedHeads, edgeHead, edgeBody, chunked, proxy, forwarded],
  ...[api, listenerQuery, environment, geo, files, addressList, backends],
  ...[report, streamList, polledServer, statsJson, statsXml, xml, htpasswd, contentType],
  ...[mpeg, adts, ogg, webm, id3, icyMetadata, icyStream, streamHeadersTarget, shoutcast, packaging],
  ...[replyHead, reply, mirrored, paths, seam, printed],
]

/** Throws if there is no target of this name. */
export function targetNamed(name: string): Target {
  const target = targets.find((each) => each.name === name)
  if (target) return target
  throw new Error(
    `there is no target "${name}", expected one of ${targets.map(({ name }) => name).join(', ')}`,
  )
}
