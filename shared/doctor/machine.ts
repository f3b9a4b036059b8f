import { type Check, fine, warning } from './check.ts'

/** Limits of the machine; undefined: unknown, as on other systems than Linux. */
export interface MachineFacts {
  /** files and sockets that a program may open: a limit of the shell or unit that starts it */
  openFiles: number | undefined
  /** bytes that programs can still take */
  memoryBytes: number | undefined
  /** connections that the system accepts ahead of the program */
  somaxconn: number | undefined
  /** connections that the firewall tracks at most; undefined also if it tracks none */
  conntrackMax: number | undefined
  /** ports for outgoing connections */
  outgoingPorts: number | undefined
  /** bytes that all TCP connections together may take */
  tcpBytes: number | undefined
}

/** bytes of a page in `tcp_mem`: of x64, and of nearly all arm64 */
const pageBytes = 4096

/** Reads the limits. @param read a file's text; undefined if it cannot be read */
export function readMachine(read: (path: string) => string | undefined): MachineFacts {
  const numbers = (path: string) =>
    (read(path)?.trim().split(/\s+/) ?? []).map(Number).filter((number) => Number.isFinite(number))
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo') ?? '')?.[1]
  const openFiles = /^Max open files +(\d+)/m.exec(read('/proc/self/limits') ?? '')?.[1]
  const [firstPort, lastPort] = numbers('/proc/sys/net/ipv4/ip_local_port_range')
  const [, , tcpPages] = numbers('/proc/sys/net/ipv4/tcp_mem')
  const [limit] = numbers('/sys/fs/cgroup/memory.max')
  const [used = 0] = numbers('/sys/fs/cgroup/memory.current')
  const free = [
    ...(available === undefined ? [] : [Number(available) * 1024]),
    ...(limit === undefined ? [] : [Math.max(0, limit - used)]),
  ]
  return {
    openFiles: openFiles === undefined ? undefined : Number(openFiles),
    memoryBytes: free.length === 0 ? undefined : Math.min(...free),
    somaxconn: numbers('/proc/sys/net/core/somaxconn')[0],
    conntrackMax: numbers('/proc/sys/net/netfilter/nf_conntrack_max')[0],
    outgoingPorts:
      firstPort === undefined || lastPort === undefined ? undefined : Math.max(0, lastPort - firstPort + 1),
    tcpBytes: tcpPages === undefined ? undefined : tcpPages * pageBytes,
  }
}

/** What a program needs of its machine. */
export interface Needs {
  /** at the same time, as configured */
  connections: number
  /** the connections that the descriptors leave room for */
  connectionsThatFit: number
  /** bytes of the program, however few its connections are */
  programBytes: number
  /** bytes of the program for a connection */
  bytesEach: number
}

/** connections a second in a crowd for which the kernel's queue should have room: it holds them until the program looks */
const queueWanted = 1024
/** a connection of a tracking firewall outlives its end by some minutes, so a fifth more than the connections is wanted */
const trackedShare = 1.2
/** open files that the packaged units allow */
const openFilesUsual = 65_536
/** open files for all that is not a listener: sources, relays, logs, the database, connections that are about to be one */
const openFilesBeside = 4096
/** bytes that the kernel keeps for a listener while it is behind: half of what a new listener gets at once */
const kernelBytesEach = 32_768

/** Whether the machine's limits are enough. Unknown limits are not mentioned. */
export function checkMachine(facts: MachineFacts, needs: Needs): Check[] {
  const { connections } = needs
  return [
    ...known(facts.openFiles, (limit) => checkOpenFiles(limit, needs)),
    ...known(facts.memoryBytes, (bytes) => checkMemory(bytes, needs)),
    ...known(facts.somaxconn, (most) =>
      enough('somaxconn', most, queueWanted, {
        what: (wanted) => `${most} new connections may wait; a crowd needs ${wanted}`,
        todo: (wanted) => `set net.core.somaxconn to ${wanted} or more`,
      }),
    ),
    ...known(facts.conntrackMax, (most) =>
      enough('nf_conntrack', most, Math.ceil(connections * trackedShare), {
        what: (wanted) => `the firewall tracks ${most} connections; ${connections} need ${wanted}`,
        todo: (wanted) =>
          `set net.netfilter.nf_conntrack_max to ${wanted} or more, or do not track this port`,
      }),
    ),
    ...known(facts.outgoingPorts, (ports) =>
      enough('ip_local_port_range', ports, connections, {
        what: () =>
          `a proxy on this machine has ${ports} ports to connect from, fewer than ${connections} connections`,
        todo: () => 'widen net.ipv4.ip_local_port_range if listeners come through such a proxy',
      }),
    ),
    ...known(facts.tcpBytes, (bytes) =>
      enough('tcp_mem', bytes, connections * kernelBytesEach, {
        has: inMiB(bytes),
        what: (wanted) =>
          `all connections together may hold ${inMiB(bytes)} in the kernel; ${connections} need up to ${inMiB(wanted)}`,
        todo: (wanted) =>
          `set the last number of net.ipv4.tcp_mem to ${Math.ceil(wanted / pageBytes)} or more`,
      }),
    ),
  ]
}

const known = (value: number | undefined, check: (value: number) => Check): Check[] =>
  value === undefined ? [] : [check(value)]

function checkOpenFiles(limit: number, { connections, connectionsThatFit }: Needs): Check {
  if (connectionsThatFit >= connections)
    return fine(
      'open files',
      `${limit} from this shell, enough for ${connections} connections; a service has the limit of its unit`,
    )
  const wanted = Math.max(openFilesUsual, connections + openFilesBeside)
  return warning(
    'open files',
    `${limit} leave room for ${connectionsThatFit} of ${connections} connections`,
    `raise the limit: LimitNOFILE=${wanted} in the systemd unit, ulimit -n ${wanted} in a shell`,
  )
}

function checkMemory(bytes: number, { connections, programBytes, bytesEach }: Needs): Check {
  const wanted = programBytes + connections * bytesEach
  if (bytes >= wanted)
    return fine('memory', `${inMiB(bytes)} free, about ${inMiB(wanted)} for ${connections} connections`)
  const fit = Math.max(0, Math.floor((bytes - programBytes) / bytesEach))
  return warning(
    'memory',
    `${inMiB(bytes)} free, but ${connections} connections need about ${inMiB(wanted)}`,
    `add memory, or allow ${fit} connections`,
  )
}

interface Words {
  /** how the limit is written; a plain number if undefined */
  has?: string
  what: (wanted: number) => string
  todo: (wanted: number) => string
}

const enough = (name: string, most: number, wanted: number, { has, what, todo }: Words): Check =>
  most >= wanted ? fine(name, `${has ?? most}, enough`) : warning(name, what(wanted), todo(wanted))

const inMiB = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`
