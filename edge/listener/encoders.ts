import { getLogger } from '@logtape/logtape'
import { parseBasic } from '../../shared/http/credentials.ts'
import { limits } from '../../shared/limits.ts'
import { FewLines } from '../../shared/log/few-lines.ts'
import { isOwnPath } from '../../shared/mount.ts'

const logger = getLogger(['distributary', 'edge'])
/** characters of a path that are logged */
const pathLengthMax = 200
/** characters of a user agent that are logged */
const agentLengthMax = 100

/** Paths by which encoders set titles, of Icecast and of Shoutcast. */
const titlePaths: readonly string[] = ['/admin/metadata', '/admin.cgi']

/** The text for an encoder, whatever the path. */
export const textForEncoder = (method: string): string =>
  `${method} is not for listeners: sources connect to the master, not to the edge\n`

/** Whether a request is an encoder's: no client of an edge sends PUT or SOURCE, or posts to a mount. */
export const isOfEncoder = (method: string, path: string): boolean =>
  method === 'PUT' ||
  method === 'SOURCE' ||
  (method === 'POST' && (path === '/' || !isOwnPath(path))) ||
  titlePaths.includes(path)

/** Logs encoders that connect to the edge in place of the master, which is where their operator looks; a few lines. */
export class EncoderWatch {
  readonly #nowMs: () => number
  readonly #lines = new FewLines(limits.wrongLoginLines)

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  saw(
    { method, headers }: Pick<Request, 'method' | 'headers'>,
    path: string,
    address: string | undefined,
  ): void {
    const leftOut = this.#lines.next(this.#nowMs())
    if (leftOut === undefined) return
    logger.warning('encoder rejected: sources connect to the master, not to the edge', {
      method,
      path: path.slice(0, pathLengthMax),
      address,
      user: parseBasic(headers.get('authorization'))?.user.slice(0, limits.loggedUserLengthMax),
      agent: headers.get('user-agent')?.slice(0, agentLengthMax),
      leftOut,
    })
  }
}
