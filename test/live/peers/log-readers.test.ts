import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { printBasic } from '../../../shared/http/credentials.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { repo } from '../../kit/process/process.ts'
import { signalGroup } from '../../kit/process/process-group.ts'
import { edgeProgram, originProgram } from '../../kit/process/programs.ts'
import { secrets } from '../../kit/process/runtimes.ts'

const env = {
  ...process.env,
  PATH: [join(repo, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  RELAY_PASSWORD: secrets.relay,
  ADMIN_PASSWORD: secrets.admin,
  ORIGIN_ADMIN_PASSWORD: secrets.admin,
  ORIGIN_RELAY_PASSWORD: secrets.relay,
  DATA_DIR: ':memory:',
  HOST: '127.0.0.1',
}

/** bytes that a socket and a pipe take which nobody reads, on Linux */
const socketBytes = 212_992
const pipeBytes = 65_536
/** bytes of a line at least: an edge logs one for each rejected report, an origin for each request */
const lineBytes = 220
/** requests on their way at a time */
const atOnce = 10
/** requests whose lines are well beyond what has room without a reader */
const requestsFor = (bytes: number) => atOnce * Math.ceil((1.5 * bytes) / lineBytes / atOnce)
/** after a reader has gone away each line fails to be written: some are enough */
const requestsAfter = 200

interface Logging {
  child: ChildProcess
  port: number
  exited: Promise<number | null>
}

/** Starts a program by a shell, so that its stdout is a true pipe; through a socket it is what Node hands to a child. */
async function startInto(command: string, reader: string, path: string): Promise<Logging> {
  const port = await freePort()
  const program = command.replaceAll('PORT', String(port))
  // the shell exits with the program's own code, and the reader gets its stdout
  const line = reader === '' ? `exec ${program}` : `set -o pipefail; ${program} | (${reader})`
  const child = spawn('bash', ['-c', line], {
    cwd: repo,
    env: { ...env, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  onTestFinished(() => signalGroup(child, 'SIGKILL'))
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}${path}`)).ok)
  return { child, port, exited }
}

/** A report that an edge rejects, with a line of its own in the log: only lines about logins are limited. */
const malformedReport = {
  host: '127.0.0.1',
  method: 'POST',
  headers: {
    Authorization: printBasic({ user: 'relay', password: secrets.relay }),
    'Content-Type': 'text/plain',
  },
} as const

/** Sends requests that are logged, and waits for each answer: a program that blocks gives none. */
async function askTimes(port: number, requests: number): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const ask = () =>
    new Promise((resolve, reject) => {
      request({ ...malformedReport, port, agent, path: '/admin/sourcelist.txt' }, (answer) => {
        answer.resume().on('end', resolve).on('error', reject)
      })
        .on('error', reject)
        .end('x'.repeat(200))
    })
  for (let i = 0; i < requests; i += atOnce) await Promise.all(Array.from({ length: atOnce }, ask))
  agent.destroy()
}

const programs = [
  ['the edge on node', `node ${edgeProgram}`, '/healthz'],
  ['the edge on bun', `bun ${edgeProgram}`, '/healthz'],
  ['the edge on deno', `deno run -A ${edgeProgram}`, '/healthz'],
  [
    'an origin on node',
    `node ${originProgram} --port PORT --bind 127.0.0.1 --public-slave`,
    '/status-json.xsl',
  ],
  [
    'an origin on bun',
    `bun ${originProgram} --port PORT --bind 127.0.0.1 --public-slave`,
    '/status-json.xsl',
  ],
] as const

describe.each(programs)('%s', (_, command, path) => {
  test('answers on where the reader of its log goes away', async () => {
    const { port } = await startInto(command, 'head -n 1 >/dev/null', path)
    await askTimes(port, requestsAfter)
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200)
  })

  test.each([
    ['a pipe', 'sleep 1000', pipeBytes],
    ['a socket', '', socketBytes],
  ])('answers on where %s takes no more of its log, and ends at SIGTERM', async (_, reader, bytes) => {
    const { child, port, exited } = await startInto(command, reader, path)
    await askTimes(port, requestsFor(bytes))
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(response.status).toBe(200)
    if (reader !== '') return
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })
})

test('log lines held for a slow reader arrive once it reads on, line by line', async () => {
  const { child, port } = await startInto(programs[0][1], '', programs[0][2])
  const requests = requestsFor(socketBytes)
  await askTimes(port, requests)
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  await eventually(() => text.match(/report rejected/g)?.length === requests)
  expect(text.length, 'more than was on its way without a reader').toBeGreaterThan(1.5 * socketBytes)
  for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line), line).not.toThrow()
})
