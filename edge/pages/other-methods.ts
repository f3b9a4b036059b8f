import type { Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { mountHeaders } from '../../shared/draw/redirect.ts'
import { textForEncoder } from '../listener/encoders.ts'

/** Makes every path of an app answer 405 to methods that it has no route for; `Allow` names those that it has. */
export function refuseOtherMethods(app: Hono<ClusterEnv>): void {
  const routes = app.routes.filter(({ method }) => method !== 'ALL') // a route for all methods is middleware
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method)
    const allow = [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].join(
      ', ',
    )
    // a player on any page reads why its request is rejected
    const cors = path.startsWith('/hls/') ? mountHeaders : {}
    app.all(path, (c) =>
      c.text(
        c.req.method === 'PUT' || c.req.method === 'SOURCE'
          ? textForEncoder(c.req.method)
          : `${c.req.method} is not for this path, expected ${allow}\n`,
        405,
        { ...cors, Allow: allow },
      ),
    )
  }
}
