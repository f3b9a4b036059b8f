/** What `npm start` runs, and what it prints. */

export interface DemoPasswords {
  relay: string
  admin: string
  source: string
}

/** What the demo's processes run: `distributary demo child edge`. */
export type ProgramName = 'edge' | 'origin' | 'source'

/** A process of the demo. */
export interface DemoProgram {
  readonly name: string
  readonly program: ProgramName
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** its url, or what it does */
  readonly about: string
  /** the port that it listens on, where what starts after it connects there at once */
  readonly awaited?: number
}

/** Which servers have to carry a mount, and where an admin asks the edge which do. */
export interface DemoDraw {
  readonly serversUrl: string
  readonly adminPassword: string
  readonly mount: string
  readonly servers: readonly string[]
}

export interface DemoPlan {
  /** edge, master, two slaves */
  readonly ports: readonly number[]
  /** where a listener goes */
  readonly listenUrl: string
  /** in the order in which they start */
  readonly programs: readonly DemoProgram[]
  /** start once a listener was redirected to audio: the first that they hear of the edge is the mount */
  readonly relays: readonly DemoProgram[]
  readonly draw: DemoDraw
  /** printed once all servers are in the draw. @param missing the servers that are not */
  readonly guide: (missing: readonly string[]) => string
}

/** The first port of the demo's four; undefined where the text is not one. */
export function parseDemoPort(text: string): number | undefined {
  const port = Number(text)
  return Number.isInteger(port) && port >= 1 && port <= 65_532 ? port : undefined
}

const mount = '/live.mp3'
/** the servers of the demo by their slots, each three times the one before */
const slots = [
  ['master', 100],
  ['relay1', 300],
  ['relay2', 900],
] as const

export function planDemo(port: number, passwords: DemoPasswords): DemoPlan {
  const edge = `http://127.0.0.1:${port}`
  const servers = slots.map(([name, maxListeners], i) => {
    const url = `http://127.0.0.1:${port + 1 + i}`
    return { name, maxListeners, url, port: port + 1 + i }
  })
  const origins = servers.map((server): DemoProgram => {
    // the master reports to the edge; a slave has the edge as its master, and learns from it where to relay from
    const reporting =
      server.name === 'master' ? ['--edge', edge, '--edge-password', passwords.relay] : ['--master', edge]
    const listening = ['--port', String(server.port), '--bind', '127.0.0.1', '--public-url', server.url]
    const room = ['--max-listeners', String(server.maxListeners), '--update-interval', '2', '--grace', '1']
    return {
      name: server.name,
      program: 'origin',
      flags: [...listening, '--id', server.name, ...room, ...reporting],
      env: {
        ORIGIN_SOURCE_PASSWORD: passwords.source,
        ORIGIN_RELAY_PASSWORD: passwords.relay,
        ORIGIN_ADMIN_PASSWORD: passwords.admin,
        ORIGIN_MASTER_PASSWORD: passwords.relay,
      },
      about: server.url,
      ...(server.name === 'master' && { awaited: server.port }),
    }
  })
  const [master, ...relays] = origins
  if (!master) throw new Error('the demo has no master')
  const sourceUrl = `http://127.0.0.1:${port + 1}${mount}`
  return {
    ports: [port, ...servers.map((server) => server.port)],
    listenUrl: edge + mount,
    programs: [
      {
        name: 'edge',
        program: 'edge',
        flags: [],
        env: {
          HOST: '127.0.0.1',
          PORT: String(port),
          DATA_DIR: ':memory:',
          LOG_LEVEL: 'warning', // a line for every request would hide the demo's own output
          RELAY_PASSWORD: passwords.relay,
          ADMIN_PASSWORD: passwords.admin,
        },
        about: edge,
        awaited: port,
      },
      master,
      {
        name: 'source',
        program: 'source',
        flags: [sourceUrl],
        env: { SOURCE_PASSWORD: passwords.source },
        about: `plays to ${sourceUrl}`,
      },
    ],
    relays,
    draw: {
      serversUrl: `${edge}/api/servers`,
      adminPassword: passwords.admin,
      mount,
      servers: servers.map(({ name }) => name),
    },
    guide: (missing) => printGuide(edge, passwords.admin, missing),
  }
}

const printMissing = (missing: readonly string[]) =>
  missing.length === 0
    ? 'every server is in the draw'
    : `these servers are not in the draw yet: ${missing.join(', ')}`

const printGuide = (edge: string, adminPassword: string, missing: readonly string[]) => `
The first redirect works, and ${printMissing(missing)}. Open

  ${edge}/play${mount}    the player page: it plays on when its server is drained or killed
  ${edge}${mount}    in a browser or a player: the stream
  ${edge}/            what plays, for listeners
  ${edge}/admin       the control room: user admin, password ${adminPassword}

and try, several times:

  curl -sI ${edge}${mount}

Each answer is a 302 to one server, drawn in proportion to free slots (${slots.map((slot) => slot.join(' ')).join(', ')}).

  curl -s -u admin:${adminPassword} ${edge}/api/servers
  curl -s -u admin:${adminPassword} -X POST ${edge}/api/servers/relay2/drain

The second takes relay2 out of the draw (undrain puts it back). Ctrl-C stops everything.
`
