import type { HlsDeps } from '../../../../../origin/hls/serve/deps.ts'
import { answerMultivariant } from '../../../../../origin/hls/serve/multivariant.ts'
import { answerHls } from '../../../../../origin/hls/serve/serve.ts'
import { parseHlsPath, parseMultivariantPath } from '../../../../../shared/hls/paths.ts'
import { exchange } from './exchange.ts'

/** An origin's answer to a request for an object of HLS, without a socket; undefined if the path is none of HLS. */
export function answerHlsRequest(
  deps: HlsDeps,
  request: Request,
  from: string,
): Promise<Response> | undefined {
  const { pathname } = new URL(request.url)
  const asked = parseHlsPath(pathname)
  const mount = parseMultivariantPath(pathname)
  if (asked)
    return exchange(request, from, deps.nowMs(), (connection) =>
      answerHls(connection, asked.mount, asked.object, deps),
    )
  if (mount === undefined) return undefined
  return exchange(request, from, deps.nowMs(), (connection) => answerMultivariant(connection, mount, deps))
}
