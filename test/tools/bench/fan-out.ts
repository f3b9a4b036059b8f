import { measure, type Taken } from './crowds.ts'
import type { Plan } from './plan.ts'
import { type Contender, contendersOn, startBare } from './streamers.ts'
import { fixed, median, type Table, whole } from './table.ts'

/** How listeners may come, by name. */
const modes = {
  plain: { secure: false, icy: false },
  ICY: { secure: false, icy: true },
  HTTPS: { secure: true, icy: false },
  'HTTPS, ICY': { secure: true, icy: true },
} as const
type Mode = keyof typeof modes

/** joins a second: as many as Icecast accepts without refusing, and as a processor can do TLS handshakes */
const joinsPerSecond = (secure: boolean) => (secure ? 250 : 1000)

/** One row: a server, how listeners joined, and the measurements of each round. */
interface Cell {
  contender: Contender
  mode: Mode
  crowd: number
  rounds: Taken[]
}

/** The origin's fan-out compared with Icecast's and a bare send loop's: processor time and memory for each listener. */
export async function benchFanOut({ rounds, seconds, listeners, runtimes }: Plan): Promise<Table> {
  const cells = listeners.flatMap((crowd) =>
    (Object.keys(modes) as Mode[]).flatMap((mode) =>
      contendersOn(runtimes)
        .filter(({ kind }) => kind !== 'control' || !modes[mode].icy)
        .map((contender): Cell => ({ contender, mode, crowd, rounds: [] })),
    ),
  )
  const sockets = await measureSockets(cells)
  for (let round = 0; round < rounds; round++)
    for (const { contender, mode, crowd, rounds: all } of cells) {
      const { secure, icy } = modes[mode]
      const plan = { crowd, perSecond: joinsPerSecond(secure), secure, icy, seconds }
      const taken = await measure(contender.name, () => contender.start({ crowd, secure }), plan)
      if (taken) all.push(taken)
    }
  return {
    title: 'Fan-out',
    note:
      `One mount of 128 kbit/s; processor time by /proc of the server and of the load, µs for each second of audio that a listener received, ` +
      `${rounds} rounds of ${seconds} s, medians. Icecast = 1, the bare send loop on the same runtime = 1; memory is resident, KiB a listener, ` +
      'also beyond what a bare accepted socket takes on the same runtime; the gap is the longest silence that any listener heard.',
    columns: [
      '',
      'listeners',
      '',
      'CPU µs',
      'of Icecast',
      'of bare',
      'KiB',
      'KiB beyond socket',
      'kbit/s',
      'gap ms',
      'missing',
      'load µs',
    ],
    rows: cells.map((cell) => rowOf(cell, cells, sockets)),
  }
}

/** The memory of a bare accepted socket, by {@link socketKey}. */
type Sockets = ReadonlyMap<string, number>
const socketKey = ({ contender, mode, crowd }: Cell) => `${contender.runtime} ${modes[mode].secure} ${crowd}`

/** Measures servers of each runtime that accept as many, by TLS or not, and send nothing. */
async function measureSockets(cells: readonly Cell[]): Promise<Sockets> {
  const sockets = new Map<string, number>()
  for (const cell of cells) {
    const { runtime } = cell.contender
    if (!runtime || sockets.has(socketKey(cell))) continue
    const { secure } = modes[cell.mode]
    const occasion = { crowd: cell.crowd, secure }
    const plan = { ...occasion, perSecond: joinsPerSecond(secure), icy: false, seconds: 1 }
    const taken = await measure(`sockets on ${runtime}`, () => startBare(runtime, 0, occasion), plan)
    sockets.set(socketKey(cell), taken?.residentBytes ?? Number.NaN)
  }
  return sockets
}

function rowOf(cell: Cell, cells: readonly Cell[], sockets: Sockets): string[] {
  const { contender, mode, crowd, rounds } = cell
  const middle = (of: Cell | undefined, value: (taken: Taken) => number) =>
    median((of?.rounds ?? []).map(value))
  const cpu = (taken: Taken) => taken.cpuMicros
  const icecast = cells.find(
    (other) => other.contender.name === 'Icecast' && other.mode === mode && other.crowd === crowd,
  )
  const bare = cells.find(
    (other) => other.contender.kind === 'control' && socketKey(other) === socketKey(cell),
  )
  const resident = middle(cell, (taken) => taken.residentBytes)
  const ofOurs = (text: string) => (contender.kind === 'origin' ? text : '')
  return [
    contender.name,
    whole(crowd),
    mode,
    fixed(middle(cell, cpu), 1),
    fixed(middle(cell, cpu) / middle(icecast, cpu), 2),
    ofOurs(fixed(middle(cell, cpu) / middle(bare, cpu), 2)),
    fixed(resident / 1024, 1),
    ofOurs(fixed((resident - (sockets.get(socketKey(cell)) ?? Number.NaN)) / 1024, 1)),
    fixed(
      middle(cell, (taken) => taken.kbps),
      0,
    ),
    fixed(Math.max(...rounds.map(({ gapMs }) => gapMs)), 0),
    fixed(Math.max(...rounds.map(({ missing }) => missing)), 0),
    fixed(
      middle(cell, (taken) => taken.loadMicros),
      1,
    ),
  ]
}
