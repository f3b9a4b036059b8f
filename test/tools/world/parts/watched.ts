import type { Tampering } from '../tampering.ts'
import type { Known } from '../truth/ledger.ts'
import type { Mirror } from '../truth/objects.ts'
import type { World } from '../world.ts'

let moments = 0
/** Counts what happens, since two things can happen in one moment of the world: a poll begins, and an operator names its server again. */
export const nextMoment = (): number => ++moments

/** What an observer wants to see of a decider's answers. */
export interface Watched {
  reported(sourcelist: string, status: number, nowMs: number): void
  done(deed: 'drain' | 'undrain' | 'delete', id: string): void
  /** @param body what an operator said of a server to poll */
  named(body: string, nowMs: number): void
  /** an icecast-kh has registered itself */
  registered(query: URLSearchParams, status: number, nowMs: number): void
  /** a decider answered a session of HLS */
  steered(request: Request, answer: { status: number; text: string }, known: Known | undefined): void
  /** an edge asks for an object that it carries */
  carries(url: URL, init: RequestInit | undefined): void
  /** @param askedMs when the stats were asked for, by the true time */
  /** @param asked when it asked, as {@link nextMoment} counts */
  polled(id: string, text: string, asked: number, nowMs: number): void
}

/** Tells the observer of an answer to a session of HLS. @param known by an isolate that answers */
export async function watchSteering(
  request: Request,
  response: Response,
  { watched: { steered }, tampering }: Pick<Watching, 'watched' | 'tampering'>,
  known?: Known,
): Promise<Response> {
  const url = new URL(request.url)
  if (!/(^(?!\/hls\/).*\.m3u8|\/steering\.json)$/.test(url.pathname)) return response
  const { status, headers } = response
  const told = await response.text()
  const text = tampering.steering?.(told, url) ?? told
  if (status !== 302) steered(request, { status, text }, known)
  return new Response(text, { status, headers })
}

/** Tells the observer of an object that an edge carries. */
export async function watchCarried(
  request: Request,
  response: Response,
  { bites }: World,
  mirror: Mirror,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (!/^\/hls\/.*\.(?:m3u8|mp3)$/.test(pathname) || response.status !== 200) return response
  const { status, headers } = response
  const bytes = new Uint8Array(await response.arrayBuffer())
  bites.note(pathname.endsWith('.m3u8') ? 'playlist carried' : 'segment carried')
  mirror.answered(pathname, bytes)
  return new Response(bytes, { status, headers })
}

/** Tells the observer of the stats that a decider reads. */
export const watchPolls =
  (
    fetch: typeof globalThis.fetch,
    { tampering }: World,
    { polled }: Watched,
    nowMs: () => number,
  ): typeof globalThis.fetch =>
  async (input, init) => {
    const { pathname, hostname } = new URL(input instanceof Request ? input.url : input)
    if (pathname !== '/status-json.xsl' && pathname !== '/admin/stats') return fetch(input, init)
    const asked = nextMoment()
    const response = await fetch(input, init)
    if (response.status !== 200) return response
    const text = await response.text()
    polled(hostname, text, asked, nowMs())
    return new Response(tampering.stats?.(text) ?? text)
  }

interface Watching {
  watched: Watched
  tampering: Tampering
  nowMs: () => number
  answer: (request: Request) => Response | Promise<Response>
}

/** Answers a request, and tells the observer of reports and of the actions of operators. */
export async function watch(request: Request, watching: Watching): Promise<Response> {
  const { watched, tampering, nowMs, answer } = watching
  const { reported, done, named, registered } = watched
  const { pathname, searchParams } = new URL(request.url)
  if (pathname.startsWith('/admin/stream') && searchParams.has('rserver')) {
    const response = await answer(request)
    registered(searchParams, response.status, nowMs())
    return response
  }
  if (pathname === '/admin/sourcelist.txt') {
    const sourcelist = await request.text()
    const body = tampering.report?.(sourcelist) ?? sourcelist
    const response = await answer(
      new Request(request.url, { method: 'POST', headers: request.headers, body }),
    )
    reported(sourcelist, response.status, nowMs())
    return response
  }
  if (pathname === '/api/servers' && request.method === 'POST') {
    const body = await request.text()
    const response = await answer(
      new Request(request.url, {
        method: 'POST',
        headers: request.headers,
        body: tampering.named?.(body) ?? body,
      }),
    )
    if (response.status === 200 || response.status === 201) named(body, nowMs())
    return response
  }
  const [, id, verb] = /^\/api\/servers\/([^/]+)(?:\/(drain|undrain))?$/.exec(pathname) ?? []
  const response = await watchSteering(request, await answer(request), watching)
  if (tampering.answer && response.status === 200) {
    const { status, headers } = response
    return new Response(tampering.answer(pathname, await response.text()), { status, headers })
  }
  if (id === undefined || response.status !== 204) return response
  if (verb === 'drain' || verb === 'undrain') done(verb, decodeURIComponent(id))
  else if (request.method === 'DELETE') done('delete', decodeURIComponent(id))
  return response
}
