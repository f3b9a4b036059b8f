import process from 'node:process'
import {
  type Check,
  checkDoubts,
  exitCodeOf,
  failure,
  printChecks,
  printChecksJson,
} from '../../shared/doctor/check.ts'
import { adminOf, splitFlags } from '../../shared/doctor/flags.ts'
import { checkPublicUrls } from '../../shared/doctor/public-url.ts'
import type { AdminLogin } from '../../shared/doctor/servers.ts'
import { ConfigError } from '../config/error.ts'
import { parseFlags } from '../config/flags.ts'
import { type ReadConfig, readConfig } from '../config/read.ts'
import { checkUpper, uppersOf } from './deciders.ts'
import { checkThisMachine, checkThisServer } from './here.ts'
import { machineRim, type Rim } from './rim.ts'

type Environment = Readonly<Record<string, string | undefined>>

const helpText = [
  'Usage: distributary doctor [flags of distributary origin] [--json]',
  '       distributary doctor edge [flags of distributary edge] [--json]',
  '',
  'Checks a server before and while it runs: configuration, machine, public URLs, certificates, passwords, clock, and',
  'whether the edge sends it listeners. One line a check: ok, warning or failed, and what to do.',
  'The exit code is 0 if all is well, 1 with warnings, 2 if something failed.',
  '',
  '  --json                      print the checks as JSON',
  '  --edge-admin-user NAME      user of the admin of edge or deciding master (default: admin)',
  '  --edge-admin-password PW    password of the admin of edge or deciding master; better in EDGE_ADMIN_PASSWORD',
].join('\n')

/** `distributary doctor` for an origin. Returns the exit code. */
export async function doctor(args: readonly string[]): Promise<number> {
  const { own, rest } = splitFlags(args)
  if (own.has('help')) {
    console.log(helpText)
    return 0
  }
  const checks = await originChecks(rest, process.env, adminOf(own, process.env), machineRim)
  console.log(own.has('json') ? printChecksJson(checks) : printChecks(checks))
  return exitCodeOf(checks)
}

/** Every check of an origin. A configuration that is not valid ends them. */
export async function originChecks(
  args: readonly string[],
  env: Environment,
  admin: AdminLogin | undefined,
  rim: Rim,
): Promise<Check[]> {
  let read: ReadConfig
  try {
    read = readConfig(parseFlags(args), env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [failure('configuration', error.message)]
  }
  const { config } = read
  const uppers = await Promise.all(uppersOf(config).map((upper) => checkUpper(upper, config.id, admin, rim)))
  return [
    ...checkDoubts([...read.warnings, ...read.advice]),
    ...checkThisMachine(config, rim),
    ...(await checkThisServer(config, rim)),
    ...(await checkPublicUrls(config.publicUrls, '--public-url', rim)),
    ...uppers.flat(),
  ]
}
