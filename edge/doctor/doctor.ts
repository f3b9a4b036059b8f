import process from 'node:process'
import { ask } from '../../shared/doctor/ask.ts'
import {
  type Check,
  checkDoubts,
  exitCodeOf,
  failure,
  fine,
  printChecks,
  printChecksJson,
  warning,
} from '../../shared/doctor/check.ts'
import { splitFlags } from '../../shared/doctor/flags.ts'
import { checkInDraw } from '../../shared/doctor/in-draw.ts'
import { checkMachine, readMachine } from '../../shared/doctor/machine.ts'
import { checkClock } from '../../shared/doctor/network.ts'
import { checkPublicUrls } from '../../shared/doctor/public-url.ts'
import { askServers } from '../../shared/doctor/servers.ts'
import { type EdgeConfig, EdgeConfigError, parseConfig } from '../config.ts'
import { httpLimits } from '../http/limits.ts'
import { type EdgeCommandLine, readCommandLine } from '../runtime/command-line.ts'
import { edgeDoubts } from './doubts.ts'
import { type EdgeRim, edgeRim } from './rim.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** bytes of the program itself, and of a connection: a listener has one for the moment of its redirect */
const programBytes = 160 * 1_048_576
const bytesEach = 16 * 1024

/** `distributary doctor edge`. Returns the exit code. */
export async function edgeDoctor(args: readonly string[]): Promise<number> {
  const { own, rest } = splitFlags(args)
  const checks = await edgeChecks(rest, process.env, edgeRim)
  console.log(own.has('json') ? printChecksJson(checks) : printChecks(checks))
  return exitCodeOf(checks)
}

/** Every check of an edge. Settings that are not valid end them. */
export async function edgeChecks(args: readonly string[], env: Environment, rim: EdgeRim): Promise<Check[]> {
  let config: EdgeConfig
  let commandLine: EdgeCommandLine
  try {
    commandLine = readCommandLine(args, env)
    config = parseConfig(commandLine.environment)
  } catch (error) {
    if (!(error instanceof EdgeConfigError)) throw error
    return error.message.split('\n').map((line) => failure('configuration', line))
  }
  const doubts = [...commandLine.doubts, ...edgeDoubts(config)]
  return [
    ...checkDoubts(doubts),
    ...checkFiles(config, rim),
    ...checkEdgeMachine(rim),
    ...(await checkPublicUrls(config.publicUrls, 'PUBLIC_URL', rim)),
    ...(await checkRunning(config, rim)),
  ]
}

function checkFiles({ dataDir, geoDb }: EdgeConfig, { read, whyNotWritable }: EdgeRim): Check[] {
  const checks: Check[] = []
  if (dataDir === ':memory:')
    checks.push(warning('DATA_DIR', 'keeps nothing over a restart, drains neither', 'name a directory'))
  else {
    const why = whyNotWritable(dataDir)
    checks.push(
      why === undefined
        ? fine('DATA_DIR', `${dataDir} can be written`)
        : failure(
            'DATA_DIR',
            `${dataDir} cannot be written (${why})`,
            'give the user of the edge this directory',
          ),
    )
  }
  if (geoDb === undefined) return checks
  const readable = read(geoDb) !== undefined
  checks.push(
    readable
      ? fine('GEO_DB', `${geoDb} can be read`)
      : failure(
          'GEO_DB',
          `${geoDb} cannot be read`,
          'name a MaxMind-format database that the user of the edge may read',
        ),
  )
  return checks
}

/** The limits of the machine, for a crowd of new listeners. */
function checkEdgeMachine({ read }: EdgeRim): Check[] {
  const facts = readMachine(read)
  const { connectionsMax: connections, descriptorsKept, connectionsUnknownMax } = httpLimits
  return checkMachine(facts, {
    connections,
    connectionsThatFit:
      facts.openFiles === undefined ? connectionsUnknownMax : Math.max(0, facts.openFiles - descriptorsKept),
    programBytes,
    bytesEach,
  })
}

/** The edge that runs: its store, its admin's password, and each server that it knows. */
async function checkRunning(config: EdgeConfig, { fetch, nowMs }: EdgeRim): Promise<Check[]> {
  const url = localEdgeUrl(config)
  const asked = await ask(fetch, `${url}/healthz`)
  if ('problem' in asked)
    return [
      warning(
        'this edge',
        `no answer at ${url} (${asked.problem})`,
        'start it: then its servers can be checked too',
      ),
    ]
  const running =
    asked.status === 200
      ? fine('this edge', `runs at ${url}`)
      : failure('this edge', `answers ${asked.status} at ${url}/healthz: ${asked.text.trim()}`, 'see its log')
  const { adminUser: user, adminPassword: password = '' } = config.accounts
  const answer = await askServers(fetch, url, { setting: 'ADMIN_PASSWORD', user, password })
  const clock = checkClock(url, asked, nowMs())
  if ('check' in answer) return [running, ...clock, answer.check]
  const { servers } = answer
  if (servers.length === 0)
    return [
      running,
      ...clock,
      warning('servers', 'none reports', 'start an origin with --edge or --master at this edge'),
    ]
  const masters = servers.some(({ role, out }) => role === 'master' && out !== 'stale')
  return [
    running,
    ...clock,
    ...(masters
      ? []
      : [
          failure(
            'masters',
            'no live master reports',
            'start the master that sources connect to, with --edge',
          ),
        ]),
    ...servers.flatMap(({ id }) => checkInDraw(url, servers, id)),
  ]
}

function localEdgeUrl({ host, port }: EdgeConfig): string {
  if (host === '::' || host === '0.0.0.0') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
