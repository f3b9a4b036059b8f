import type { Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'

/** Gives every path of an app that has routes for some methods a 405 for all others, which says which it has. */
export function refuseOtherMethods(app: Hono<ClusterEnv>): void {
  const routes = app.routes.filter(({ method }) => method !== 'ALL') // what is for all methods is middleware
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method)
    const allow = [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].join(
      ', ',
    )
    app.all(path, (c) =>
      c.text(`${c.req.method} is not for this path, expected ${allow}\n`, 405, { Allow: allow }),
    )
  }
}
