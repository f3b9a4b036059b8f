import type { Target } from './target.ts'
import { api } from './targets/api.ts'
import { chunked } from './targets/chunked.ts'
import { contentType } from './targets/content-type.ts'
import { edgeHead } from './targets/edge-head.ts'
import { environment } from './targets/environment.ts'
import { forwarded } from './targets/forwarded.ts'
import { adts, mpeg, ogg, webm } from './targets/framers.ts'
import { head } from './targets/head.ts'
import { htpasswd } from './targets/htpasswd.ts'
import { icyMetadata } from './targets/icy-metadata.ts'
import { icyStream } from './targets/icy-stream.ts'
import { id3 } from './targets/id3.ts'
import { mirrored, paths } from './targets/playlists.ts'
import { polledServer } from './targets/polled-server.ts'
import { proxy } from './targets/proxy.ts'
import { reply, replyHead } from './targets/replies.ts'
import { report } from './targets/report.ts'
import { shoutcast } from './targets/shoutcast.ts'
import { statsJson, statsXml } from './targets/stats.ts'
import { streamList } from './targets/stream-list.ts'
import { xml } from './targets/xml.ts'

/** All of them, as the command lists them. */
export const targets: readonly Target[] = [
  ...[head, edgeHead, chunked, proxy, forwarded, api, environment],
  ...[report, streamList, polledServer, statsJson, statsXml, xml, htpasswd, contentType],
  ...[mpeg, adts, ogg, webm, id3, icyMetadata, icyStream, shoutcast],
  ...[replyHead, reply, mirrored, paths],
]

/** Throws if there is no target of this name. */
export function targetNamed(name: string): Target {
  const target = targets.find((each) => each.name === name)
  if (target) return target
  throw new Error(
    `there is no target "${name}", expected one of ${targets.map(({ name }) => name).join(', ')}`,
  )
}
