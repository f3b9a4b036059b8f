import { exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { printBasic } from '../../shared/http/credentials.ts'
import type { Report } from '../../shared/report/report.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'

/** The header of an admin's request. */
export const asAdmin = { Authorization: printBasic({ user: 'admin', password: 'admin-secret' }) }
const asRelay = { Authorization: printBasic({ user: 'relay', password: 'relay-secret' }) }

/** Asks the worker for a path, and follows nothing. */
export const ask = (path: string, init: RequestInit = {}) =>
  exports.default.fetch(new Request(`http://edge.example${path}`, { redirect: 'manual', ...init }))

/** Posts a report, which has to be accepted. */
export async function report(sent: Report): Promise<Response> {
  const answer = await ask('/admin/sourcelist.txt', {
    method: 'POST',
    headers: { ...asRelay, 'Content-Type': 'text/plain' },
    body: printSourcelist(sent),
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
  return answer
}
