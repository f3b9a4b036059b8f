import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { freePort } from '../../kit/process/ports.ts'
import { run } from './command.ts'
import type { Member } from './member.ts'
import type { Place, Places } from './places.ts'

/** set in the process that has a network of its own */
const insideVariable = 'FAULTS_INSIDE'
export const isInside = () => process.env[insideVariable] !== undefined

/** A network and names of networks of its own, which vanish with the process. */
const unshared = ['unshare', '--net', '--mount', 'sh', '-ec'] as const
const ready =
  'mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward; '

/** Runs a script in such a network. */
const inside = (script: string, args: readonly string[], stdio: 'inherit' | 'pipe') =>
  spawnSync(unshared[0], [...unshared.slice(1), ready + script, 'sh', ...args], {
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, [insideVariable]: '1' },
    encoding: 'utf8',
  })

/** Why no network can be made here; undefined where it can. */
export function cannotNetwork(): string | undefined {
  const tried = inside(
    'ip netns add a; ip link add v type veth peer name w netns a; nft add table ip faults',
    [],
    'pipe',
  )
  if (tried.status === 0) return undefined
  const why = tried.error?.message ?? tried.stderr.trim()
  return `no network namespace with veth and nft can be made: it needs root, iproute2 and nftables (${why})`
}

/** Why packets cannot be delayed here; undefined where they can. */
export function cannotDelay(): string | undefined {
  const tried = inside('tc qdisc add dev lo root netem delay 1ms', [], 'pipe')
  return tried.status === 0
    ? undefined
    : `the kernel has no netem (${tried.error?.message ?? tried.stderr.trim()})`
}

/** Runs this program again in a network of its own. Returns its exit code. */
export const runInside = (args: readonly string[]): number =>
  inside('exec "$@"', [process.execPath, process.argv[1] ?? '', ...args], 'inherit').status ?? 1

/** A line from one program to another. */
export type Line = readonly [from: Member, to: Member]

/** Programs with a network namespace each; this process is the router between them, and has the source and the listeners. */
export class Network implements Places {
  #hosts = 0

  constructor() {
    run('nft', 'add table ip faults')
    for (const hook of ['forward', 'input', 'output'])
      run('nft', `add chain ip faults ${hook} { type filter hook ${hook} priority 0; }`)
  }

  async placeOf(name: string): Promise<Place> {
    const n = ++this.#hosts
    const [router, host, device] = [`10.77.${n}.1`, `10.77.${n}.2`, `to-${name}`]
    run('ip', 'netns', 'add', name)
    run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    run('ip', 'addr', 'add', `${router}/24`, 'dev', device)
    run('ip', 'link', 'set', device, 'up')
    run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    run('ip', '-n', name, 'addr', 'add', `${host}/24`, 'dev', 'eth0')
    run('ip', '-n', name, 'link', 'set', 'eth0', 'up')
    run('ip', '-n', name, 'route', 'add', 'default', 'via', router)
    const port = await freePort()
    return { name, host, port, bindPort: port, before: ['ip', 'netns', 'exec', name] }
  }

  /** Drops all packets of these lines, one way each, without a word to either end. */
  cut(lines: readonly Line[]): void {
    for (const [from, to] of lines)
      run('nft', `add rule ip faults forward ip saddr ${from.plan.host} ip daddr ${to.plan.host} drop`)
  }

  /** Drops all packets from and to a program, the listeners' too. */
  isolate({ plan: { host } }: Member): void {
    for (const [hook, side] of [
      ['forward', 'saddr'],
      ['forward', 'daddr'],
      ['input', 'saddr'],
      ['output', 'daddr'],
    ] as const)
      run('nft', `add rule ip faults ${hook} ip ${side} ${host} drop`)
  }

  /** Drops so many packets of a hundred, of all lines. */
  lose(percent: number): void {
    for (const hook of ['forward', 'input', 'output'])
      run('nft', `add rule ip faults ${hook} numgen random mod 100 < ${Math.round(percent)} drop`)
  }

  /** Delays the packets to a program. */
  delay({ name }: Member, ms: number): void {
    run(
      'tc',
      'qdisc',
      'add',
      'dev',
      `to-${name}`,
      'root',
      'netem',
      'delay',
      `${ms}ms`,
      `${Math.round(ms / 4)}ms`,
    )
  }

  endDelay({ name }: Member): void {
    run('tc', 'qdisc', 'del', 'dev', `to-${name}`, 'root')
  }

  /** Ends cuts and losses. */
  heal(): void {
    for (const hook of ['forward', 'input', 'output']) run('nft', `flush chain ip faults ${hook}`)
  }
}
