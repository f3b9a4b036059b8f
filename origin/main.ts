import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../shared/message-of.ts'
import { createConfig, type OriginConfig, reload } from './config/config.ts'
import { ConfigError } from './config/error.ts'
import { type CommandLine, helpText, parseFlags, versionText } from './config/flags.ts'
import { newMistakes } from './config/mend.ts'
import { readConfig } from './config/read.ts'
import { noLogFiles } from './config/xml/log-settings.ts'
import { Logs } from './log/logs.ts'
import { listenersMax, openFilesMax } from './process/descriptors.ts'
import { becomeOwner } from './process/owner.ts'
import { writePidFile } from './process/pid-file.ts'
import { shutDown } from './process/shutdown.ts'
import { Program } from './program.ts'

const log = getLogger(['distributary', 'origin'])

async function main(args: readonly string[]): Promise<void> {
  const line = parseFlags(args)
  if (line.action === 'help') return console.log(helpText())
  if (line.action === 'version') return console.log(versionText)
  const logs = new Logs()
  logs.apply(noLogFiles)
  const { sources, config, warnings, advice } = readConfig(line, process.env)
  if (line.action === 'check') return check([...warnings, ...advice])
  if (line.settings.logLevel !== undefined) logs.apply({ ...noLogFiles, level: line.settings.logLevel })
  tell(line, [...warnings, ...advice])
  config.limits.openFiles = openFilesMax()
  const program = new Program(config)
  endOnSignal(program, config, logs)
  let onHangUp = () => {} // before the server listens, the configuration has only just been read
  process.on('SIGHUP', () => onHangUp())
  const { port, tlsPort, shoutcastPort } = await listen(program)
  settle(config, logs)
  // if the system chose the port, URL and id are known only now; other parts hold a reference to these limits
  const boundPort = config.port === 0 ? port : undefined
  if (boundPort !== undefined)
    Object.assign(config, createConfig(sources, boundPort), { limits: config.limits })
  onHangUp = () => {
    readAgain({ line, config, boundPort, warnings })
    program.reconfigure()
    renewCertificate(program)
    logs.apply(config.logging) // log rotation waits for this, even if the configuration was rejected
  }
  sayRoom(config)
  log.info('ready', {
    port,
    ...(tlsPort === undefined ? {} : { tlsPort }),
    ...(shoutcastPort === undefined ? {} : { shoutcastPort }),
    id: config.id,
    urls: config.publicUrls,
  })
  program.join()
}

function check(warnings: readonly string[]): void {
  console.log([...warnings.map((text) => `warning: ${text}`), 'configuration OK'].join('\n'))
}

function tell({ configFile: file }: CommandLine, warnings: readonly string[]): void {
  for (const warning of warnings)
    log.warn('configuration', file === undefined ? { warning } : { file, warning })
}

async function listen(program: Program): ReturnType<Program['listen']> {
  try {
    return await program.listen()
  } catch (error) {
    throw new ConfigError(messageOf(error))
  }
}

/** Steps after the ports are bound, which may need root: the pid file, the change of user, and log files owned by that user. */
function settle({ paths, owner, logging }: OriginConfig, logs: Logs): void {
  if (paths.pidFile !== undefined) writePidFile(paths.pidFile)
  if (owner && !becomeOwner(owner))
    log.warn('<changeowner> has no effect: only root can become another user', { ...owner })
  logs.apply(logging)
}

/** Values of the start that a reload needs. */
interface Started {
  line: CommandLine
  config: OriginConfig
  boundPort: number | undefined
  warnings: readonly string[]
}

/** SIGHUP: a bad file changes nothing, and the log says why. */
function readAgain({ line, config, boundPort, warnings: started }: Started): void {
  try {
    const next = readConfig(line, process.env, boundPort)
    const mistakes = newMistakes(started, next.warnings)
    if (mistakes.length > 0) throw new ConfigError(`${line.configFile}: ${mistakes.join(' | ')}`)
    tell(line, [...next.warnings, ...next.advice])
    const held = reload(config, next.config)
    log.info('configuration read again', held.length === 0 ? {} : { afterRestart: held })
  } catch (error) {
    log.error('configuration not read again', { why: messageOf(error) })
  }
}

/** If the system has fewer descriptors than max-listeners, the server accepts, and reports, as many listeners as fit. */
function sayRoom({ limits: { maxListeners, openFiles } }: OriginConfig): void {
  const fit = listenersMax({ maxListeners, openFiles }, 0)
  if (fit < maxListeners)
    log.warn(
      'fewer listeners than max-listeners fit the limit of open files; raise the limit (ulimit -n, LimitNOFILE)',
      {
        maxListeners,
        listeners: fit,
        openFiles,
      },
    )
}

function renewCertificate(program: Program): void {
  try {
    program.renewCertificate()
  } catch (error) {
    log.error('certificate not read again', { why: messageOf(error) })
  }
}

/** The first signal ends the program within its grace period, a second one at once. */
function endOnSignal(program: Program, config: OriginConfig, logs: Logs): void {
  let ending = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, async () => {
      if (ending) process.exit(0)
      ending = true
      log.info('shutting down', { signal, graceMs: config.graceMs })
      await shutDown(program, config.graceMs, wait)
      await logs.flushed()
      process.exit(0)
    })
}

/** `distributary origin`: runs an origin until a signal ends it. Resolves once it has started, or has printed what was asked for. */
export const runOrigin = (args: readonly string[]): Promise<void> =>
  main(args).catch((error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error)
    process.exit(1)
  })

if (import.meta.main) void runOrigin(process.argv.slice(2))
