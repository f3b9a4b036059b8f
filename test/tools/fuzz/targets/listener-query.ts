import { parseRegistration } from '../../../../shared/api/accept.ts'
import { locationOf, sentBackBy } from '../../../../shared/draw/redirect.ts'
import { edgeOf } from '../../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../../kit/parts/reports.ts'
import { latin1Of, type Target } from '../target.ts'

const mounts = [mountReport('/live.mp3', { about: { hls: 4 } })]
const { ask } = edgeOf(reportOf('a', { mounts }), reportOf('b', { role: 'master', mounts }))
const known = new Set(['a.example.org:8000', 'b.example.org:8000', 'edge.example'])
const paths = [
  '/live.mp3',
  '/live.mp3.m3u8',
  '/hls/live.mp3/steering.json',
  '/live.mp3.m3u',
  '/live.mp3.pls',
  '/live.mp3.xspf',
]

/** Throws if a text sends its reader to a server that the edge does not know. */
function checkUrls(text: string): void {
  for (const [url] of text.matchAll(/https?:\/\/[^\s"<]+/g))
    if (!known.has(new URL(url).host) && !url.startsWith('http://xspf.org/'))
      throw new Error(`the answer leads to ${url}`)
}

function checkSteering(text: string): void {
  const { TTL, 'PATHWAY-PRIORITY': priority } = JSON.parse(text)
  if (!Number.isInteger(TTL) || TTL < 1 || !Array.isArray(priority) || priority.length === 0)
    throw new Error(`no steering manifest: ${text}`)
}

/** An icecast-kh says where it listens: what is accepted can be asked for again. */
function checkRegistration(query: string): void {
  const registration = parseRegistration(new URLSearchParams(query))
  if (!registration) return
  const { host, port, interval } = registration
  if (!URL.canParse(`http://${host}:${port}`) || !(interval > 0))
    throw new Error(`registered ${host}:${port} every ${interval} s`)
}

/** The first byte chooses what is asked for, and the rest is the query. */
export const listenerQuery: Target = {
  name: 'listener-query',
  about:
    'queries of listeners and their players (x, s, p, _HLS_pathway, tokens) and of icecast-kh: an edge sends them to its servers alone',
  files: 'shared/',
  tokens: [
    's=AAAAAAAAAAAAAAAA',
    'x=a',
    'x=-',
    'p=a,b,edge',
    '_HLS_pathway=a',
    '_HLS_pathway="b"',
    '_HLS_throughput=5',
    'CMCD=a',
    'token=',
    'http://evil.example/',
    '//evil.example/',
    '%0d%0a',
    '%22',
    '%',
    '&',
    '=',
    ',',
    'rserver=',
    'rport=8000',
    'interval=10',
    '[2001:db8::1]',
  ],
  read: (input) => void locationOf('http://a/live.mp3', `?${latin1Of(input)}`),
  async check(input) {
    // as the reader of heads leaves it: in the characters of a URL
    const query = `?${latin1Of(input.subarray(1)).replace(/[^\x21-\x5b\x5d-\x7e]/g, encodeURIComponent)}`
    checkRegistration(query)
    const at = locationOf('http://a/live.mp3', query)
    if (![undefined, '-'].includes(sentBackBy(at.slice(at.indexOf('?'))))) throw new Error(`sent back: ${at}`)
    const path = paths[(input[0] ?? 0) % paths.length] ?? ''
    const { status, headers, body } = await ask(path + query.replaceAll('#', '%23'))
    if (status >= 500 && status !== 503) throw new Error(`${path} answers ${status}`)
    checkUrls(headers.get('location') ?? '')
    const text = await new Response(body).text()
    checkUrls(text)
    if (path.endsWith('.json') && status === 200) checkSteering(text)
  },
}
