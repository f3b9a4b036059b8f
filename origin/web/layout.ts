import { type Html, pagePolicy, printPage } from '../../shared/page/layout.ts'
import { serverAgent } from '../../shared/version.ts'

export const layoutHeaders = {
  'Content-Security-Policy': pagePolicy("'self'"),
  'Cache-Control': 'no-store',
  // other sites get no referrer; with `no-referrer` the forms of our own pages would send `Origin: null`
  'Referrer-Policy': 'same-origin',
} as const

type Page = Omit<Parameters<typeof printPage>[0], 'footer'>

/** A page of an origin. */
export const printLayout = (page: Page): Html => printPage({ ...page, footer: serverAgent })
