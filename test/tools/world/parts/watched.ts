import type { Tampering } from '../tampering.ts'

/** What an observer wants to see of a decider's answers. */
export interface Watched {
  reported(sourcelist: string, status: number, nowMs: number): void
  done(deed: 'drain' | 'undrain' | 'delete', id: string): void
}

interface Watching {
  watched: Watched
  tampering: Tampering
  nowMs: () => number
  answer: (request: Request) => Response | Promise<Response>
}

/** Answers a request, and tells the observer of reports and of the deeds of operators. */
export async function watch(
  request: Request,
  { watched, tampering, nowMs, answer }: Watching,
): Promise<Response> {
  const { reported, done } = watched
  const { pathname } = new URL(request.url)
  if (pathname === '/admin/sourcelist.txt') {
    const sourcelist = await request.text()
    const body = tampering.report?.(sourcelist) ?? sourcelist
    const response = await answer(
      new Request(request.url, { method: 'POST', headers: request.headers, body }),
    )
    reported(sourcelist, response.status, nowMs())
    return response
  }
  const [, id, verb] = /^\/api\/servers\/([^/]+)(?:\/(drain|undrain))?$/.exec(pathname) ?? []
  const response = await answer(request)
  if (tampering.answer && response.status === 200) {
    const { status, headers } = response
    return new Response(tampering.answer(pathname, await response.text()), { status, headers })
  }
  if (id === undefined || response.status !== 204) return response
  if (verb === 'drain' || verb === 'undrain') done(verb, decodeURIComponent(id))
  else if (request.method === 'DELETE') done('delete', decodeURIComponent(id))
  return response
}
