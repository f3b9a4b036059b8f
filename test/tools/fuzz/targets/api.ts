import { namedMounts, parseParams } from '../../../../origin/http/params.ts'
import { parseHistoryQuery, parsePlaysQuery } from '../../../../shared/api/history-query.ts'
import { basic } from '../../../kit/audio/source.ts'
import { edgeOf } from '../../../kit/parts/edge-app.ts'
import { reportOf } from '../../../kit/parts/reports.ts'
import { latin1Of, type Target } from '../target.ts'

const { ask } = edgeOf(reportOf('a'), reportOf('b', { role: 'master' }))
const admin = { Authorization: basic('admin', 'admin-secret') }
const paths = ['history', 'plays', 'events', 'cluster', 'servers', 'mounts']

/** The first byte chooses a path of the API, and the rest is the query. */
export const api: Target = {
  name: 'api',
  about: 'query parameters of the API and of /admin: an answer or a 4xx that says why, never a failure',
  files: 'shared/api/',
  tokens: [
    'from=',
    'to=',
    'step=1h',
    'mount=/live.mp3',
    'server=a',
    '&',
    '2026-11-25',
    'T20:00:00Z',
    '%2B01:00',
    '1m',
    'since=',
    'wait=',
    'limit=',
    '%00',
    '%',
    '+',
  ],
  read: (input) => void parseHistoryQuery(new URLSearchParams(latin1Of(input)), 1_800_000_000),
  async check(input) {
    const query = latin1Of(input.subarray(1))
    for (const parse of [parseHistoryQuery, parsePlaysQuery]) {
      const parsed = parse(new URLSearchParams(query), 1_800_000_000)
      if (typeof parsed !== 'string' && !(parsed.from < parsed.to))
        throw new Error(`from ${parsed.from} to ${parsed.to}`)
    }
    namedMounts(parseParams(query))
    const path = `/api/${paths[(input[0] ?? 0) % paths.length]}`
    const { status } = await ask(`${path}?${encodeURI(query).replaceAll('#', '%23')}`, admin)
    if (status >= 500 && status !== 503) throw new Error(`${path} answers ${status}`)
  },
}
