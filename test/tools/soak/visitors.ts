import { connect } from 'node:net'
import { seededRoll } from '../../kit/parts/reports.ts'
import { type Asking, Ear } from '../load/ear.ts'

/** The servers that visitors connect to. */
export interface VisitPlan {
  /** the edge, which redirects them */
  edge: string
  /** the servers themselves, by plain HTTP and by TLS */
  servers: readonly { port: number; tlsPort: number }[]
  mount: string
  /** how many are connected at any time */
  count: number
  seed: number
}

/** The statistics of visitors, a line of JSON at regular intervals. */
export interface Visits {
  present: number
  /** how many have come, by kind */
  came: Record<string, number>
  /** faults, and how often each occurred */
  faults: Record<string, number>
}

// `node visitors.ts PLAN`: listeners that come and go, and misbehaving clients, until it is killed.
const plan: VisitPlan = JSON.parse(process.argv[2] ?? '{}')
const roll = seededRoll(plan.seed)

const tickMs = 100
const lineMs = 1000
/** upper bound of arrivals in a tick: a crowd of hundreds arrives within some seconds */
const joinsPerTick = 5
/** mean seconds that a listener stays: short, so that an hour has tens of thousands of them */
const stayS = 20
/** seconds that a stalled listener stays: the system's buffers alone hold four minutes of 128 kbit/s */
const stalledStayS = 600
/** mean number of oddities in a tick */
const odditiesPerTick = 0.5

const visits: Visits = { present: 0, came: {}, faults: {} }
const pick = <T>(things: readonly T[]): T | undefined => things[Math.floor(roll() * things.length)]
const add = (counts: Record<string, number>, name: string) => {
  counts[name] = (counts[name] ?? 0) + 1
}
const count = (name: string) => add(visits.came, name)
const fault = (text: string) => add(visits.faults, text)

/** How listeners listen, and how often each kind comes. */
const kinds = [
  { name: 'plain', weight: 40, icy: false, secure: false, stalled: false },
  { name: 'ICY', weight: 30, icy: true, secure: false, stalled: false },
  { name: 'HTTPS', weight: 15, icy: false, secure: true, stalled: false },
  { name: 'HTTPS and ICY', weight: 14, icy: true, secure: true, stalled: false },
  { name: 'stalled', weight: 1, icy: false, secure: false, stalled: true },
] as const
type Kind = (typeof kinds)[number]

function drawKind(): Kind {
  let left = roll() * kinds.reduce((sum, { weight }) => sum + weight, 0)
  for (const kind of kinds) {
    left -= kind.weight
    if (left < 0) return kind
  }
  return kinds[0]
}

/** Where a listener connects: to a server by TLS, else where the edge redirects it. */
async function portFor({ secure }: Kind): Promise<number> {
  if (secure) return pick(plan.servers)?.tlsPort ?? 0
  const answer = await fetch(plan.edge + plan.mount, { redirect: 'manual' })
  await answer.arrayBuffer()
  const location = answer.headers.get('location')
  if (answer.status !== 302 || location === null) throw new Error(`the edge answered ${answer.status}`)
  return Number(new URL(location).port)
}

async function visit(): Promise<void> {
  const kind = drawKind()
  visits.present++
  count(kind.name)
  try {
    await stay(kind, await portFor(kind))
  } catch (problem) {
    fault(`${kind.name}: ${problem}`)
  }
  visits.present--
}

/** Listens until its time is over, or the server closes. */
function stay(kind: Kind, port: number): Promise<void> {
  const { icy, secure, stalled } = kind
  const asking: Asking = { port, mount: plan.mount, icy, secure, checked: !stalled }
  const ear = new Ear(asking)
  if (stalled) ear.socket.pause()
  let left = false
  const seconds = stalled ? stalledStayS : -Math.log(1 - roll()) * stayS
  const resets = !secure && roll() < 0.25
  const timer = setTimeout(() => {
    left = true
    if (resets) ear.socket.resetAndDestroy()
    else ear.socket.destroy()
  }, seconds * 1000)
  return new Promise((resolve) =>
    ear.socket.once('close', () => {
      clearTimeout(timer)
      if (!left && !stalled) fault(`${kind.name}: closed by the server, status ${ear.status}`)
      if (ear.fault !== undefined) fault(`${kind.name}: ${ear.fault}`)
      if (ear.status !== undefined && ear.status !== 200) fault(`${kind.name}: status ${ear.status}`)
      resolve()
    }),
  )
}

/** Clients other than listeners: what they send, and how the answer begins. */
const oddities: readonly (readonly [name: string, request: string, answer: RegExp])[] = [
  ['HEAD', `HEAD ${plan.mount} HTTP/1.1\r\nHost: a\r\n\r\n`, /^HTTP\/1\.1 200 /],
  ['playlist', `GET ${plan.mount}.m3u HTTP/1.0\r\n\r\n`, /^HTTP\/1\.[01] 200 /],
  ['status', 'GET /status-json.xsl HTTP/1.0\r\n\r\n', /^HTTP\/1\.[01] 200 /],
  ['no such mount', 'GET /nothing.mp3 HTTP/1.0\r\n\r\n', /^HTTP\/1\.0 (404|302) /],
  ['bad request', 'This is not HTTP\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['long head', `GET / HTTP/1.1\r\n${'a'.repeat(9000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  [
    'wrong password',
    'PUT /x.mp3 HTTP/1.1\r\nAuthorization: Basic eDp4\r\nHost: a\r\n\r\n',
    /^HTTP\/1\.[01] 401 /,
  ],
  ['half a head', `GET ${plan.mount} HTTP/1.1\r\nHos`, /^$/],
  ['gone at once', '', /^$/],
]

function comeOddly(): void {
  const [name, request, expected] = pick(oddities) ?? ['gone at once', '', /^$/]
  const port = pick(plan.servers)?.port ?? 0
  count(name)
  let answer = ''
  const socket = connect(port, '127.0.0.1', () => {
    if (request === '') socket.resetAndDestroy()
    else socket.write(request)
  })
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1')
  })
  socket.on('error', () => {}) // the part of an answer before a reset counts
  socket.once('close', () => {
    if (!expected.test(answer)) fault(`${name}: answered ${JSON.stringify(answer.slice(0, 60))}`)
  })
}

setInterval(() => {
  for (let i = 0; i < joinsPerTick && visits.present < plan.count; i++) void visit()
  if (roll() < odditiesPerTick) comeOddly()
}, tickMs)

setInterval(() => console.log(JSON.stringify(visits)), lineMs)
