import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../kit/base/eventually.ts'
import type { Cluster } from '../cluster.ts'
import type { Fault } from '../fault.ts'
import type { Member } from '../member.ts'
import { untold } from '../told.ts'

/** requests whose log lines are several times what a pipe holds: each line has more than 150 bytes, a pipe 64 KiB */
const requests = 2000
/** ms without a reader */
const deafMs = 4000

/** The reader of a program's stdout, which may stop reading, or go away. */
class Reader {
  #path: string
  #descriptor: number | undefined
  #timer: NodeJS.Timeout | undefined
  #text = ''

  constructor(path: string) {
    this.#path = path
    execFileSync('mkfifo', [path])
    this.open()
  }

  get text(): string {
    return this.#text
  }

  /** Reads on, from a pipe that it opens where it has none. */
  open(): void {
    this.#descriptor ??= openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    this.#timer ??= setInterval(() => this.#read(), 20)
  }

  /** Reads nothing, and keeps the pipe open. */
  stall(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Closes the pipe. */
  close(): void {
    this.stall()
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #read(): void {
    const bytes = Buffer.alloc(65_536)
    try {
      for (;;) {
        const count = this.#descriptor === undefined ? 0 : readSync(this.#descriptor, bytes)
        if (count === 0) return
        this.#text += bytes.toString('utf8', 0, count)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

const readers = new WeakMap<Member, Reader>()

function readThemAll(cluster: Cluster): void {
  for (const member of cluster.members) {
    const pipe = join(cluster.folder, `${member.name}.pipe`)
    const reader = new Reader(pipe)
    readers.set(member, reader)
    cluster.onEnd(() => reader.close())
    member.before = [...member.before, 'sh', '-c', `exec "$@" > ${pipe}`, 'sh']
  }
}

/** Has a program log more than a pipe holds: an origin logs each request, an edge each rejected report. */
export async function haveItLog(cluster: Cluster, { url }: Member): Promise<void> {
  const path = url === cluster.edge.url ? '/admin/sourcelist.txt' : '/nothing'
  for (let i = 0; i < requests; i += 20)
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const answer = await fetch(url + path, {
          method: path === '/nothing' ? 'GET' : 'POST',
          redirect: 'manual',
        })
        await answer.arrayBuffer()
      }),
    )
}

const deaf = (name: string, about: string, how: 'stall' | 'close'): Fault => ({
  name,
  about,
  notOn: (edge) => (edge === 'workers' ? 'a worker has no stdout, and workerd has its own' : undefined),
  prepare: readThemAll,
  async round(cluster, dice, print) {
    const member = dice.oneOf(cluster.members)
    const reader = readers.get(member)
    if (!reader) throw new Error(`nobody reads what ${member.name} prints`)
    print(`the reader of ${member.name}: ${how}`)
    reader[how]()
    await haveItLog(cluster, member)
    await wait(deafMs)
    const before = reader.text.length
    reader.open()
    await haveItLog(cluster, member)
    await eventually(() => reader.text.length > before)
    // lines that were on their way when the pipe was closed may be cut
    const lines = reader.text.slice(0, reader.text.lastIndexOf('\n')).split('\n')
    const whole = how === 'close' ? lines.filter((line) => /^\{.*\}$/.test(line)) : lines
    cluster.faults.push(...untold(whole.join('\n')).map((line) => `${member.name} printed ${line}`))
  },
})

export const fullPipe = deaf(
  'full-stdout',
  'nobody reads the stdout of a program, and the pipe is full',
  'stall',
)
export const closedPipe = deaf('closed-stdout', 'the reader of the stdout of a program goes away', 'close')
