import { configureSync, getLogger, type LoggerConfig, type LogRecord, type Sink } from '@logtape/logtape'
import { jsonLine } from '../../shared/log/log.ts'
import { messageOf } from '../../shared/message-of.ts'
import type { LogSettings } from '../config/xml/log-settings.ts'
import { accessCategory } from '../http/exchange.ts'
import { addressWriter, withAddress } from './addresses.ts'
import { accessLine, errorLine, playlistLine } from './lines.ts'
import { LogFile } from './log-file.ts'
import { playlistCategory } from './playlist.ts'
import { standard } from './standard.ts'

const log = getLogger(['distributary', 'origin'])
/** ms that an ending program waits for the readers of stdout and stderr */
const flushedMs = 500

/** Directs log records to Icecast's files, or as JSON to stdout. */
export class Logs {
  #files: LogFile[] = []
  /** resolves when the files of earlier settings are closed */
  #closed: Promise<unknown> = Promise.resolve()

  /**
   * Applies settings. Files are reopened even if their names are unchanged: log rotation renames them and sends a SIGHUP. If
   * a log file cannot be opened, an error and its records go to stdout.
   */
  apply(settings: LogSettings): void {
    const before = this.#files
    const troubles: Trouble[] = []
    this.#files = []
    const sinks = this.#open(settings, troubles)
    configure(settings, sinks)
    for (const { path, why } of troubles) log.error('cannot open log file', { path, why, instead: 'stdout' })
    this.#closed = Promise.all([this.#closed, ...before.map((file) => file.close())])
  }

  /** Resolves when all records are in their files, or on stdout if it has a reader. */
  async flushed(): Promise<void> {
    const written = [standard.stdout, standard.stderr].map((lines) => lines.flushed(flushedMs))
    await Promise.all([this.#closed, ...written, ...this.#files.map((file) => file.flushed())])
  }

  #open(settings: LogSettings, troubles: Trouble[]): Sinks {
    const sinkOf = (path: string | undefined, print: (record: LogRecord) => string): Sink | undefined => {
      if (path === undefined) return undefined
      if (path === '-') return (record) => standard.stderr.add(print(record))
      try {
        const file = this.#openFile(path, settings)
        return (record) => file.write(print(record))
      } catch (error) {
        troubles.push({ path, why: messageOf(error) })
        return undefined
      }
    }
    return {
      error: sinkOf(settings.error, errorLine),
      access: sinkOf(settings.access, accessLine),
      playlist: sinkOf(settings.playlist, playlistLine),
    }
  }

  #openFile(path: string, { sizeBytes, archive }: LogSettings): LogFile {
    const onTrouble = (why: string) => log.error('log file error', { path, why })
    const file = new LogFile(path, { sizeBytes, archive, nowMs: Date.now, onTrouble })
    this.#files.push(file)
    return file
  }
}

interface Trouble {
  path: string
  why: string
}

/** Undefined: these records go to stdout; those of `playlist` have no destination of their own. */
interface Sinks {
  error: Sink | undefined
  access: Sink | undefined
  playlist: Sink | undefined
}

function configure({ level, addresses }: LogSettings, { error, access, playlist }: Sinks): void {
  const write = addressWriter(addresses)
  const masked =
    (sink: Sink): Sink =>
    (record) =>
      sink(withAddress(record, write))
  const loggers: LoggerConfig<'stdout' | 'error' | 'access' | 'playlist', string>[] = [
    { category: 'distributary', lowestLevel: level, sinks: [error ? 'error' : 'stdout'] },
    { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    {
      category: [...accessCategory],
      // as in Icecast, the level is that of the error log
      lowestLevel: access ? 'info' : level,
      sinks: [access ? 'access' : 'stdout'],
      parentSinks: 'override',
    },
  ]
  // records of the program as a whole, like "ready", also go to stdout, for the person who started it
  if (error) loggers.push({ category: ['distributary', 'origin'], lowestLevel: level, sinks: ['stdout'] })
  if (playlist) loggers.push({ category: [...playlistCategory], lowestLevel: 'info', sinks: ['playlist'] })
  const none: Sink = () => {}
  configureSync({
    reset: true,
    sinks: {
      stdout: masked((record) => standard.stdout.add(jsonLine(record))),
      error: masked(error ?? none),
      access: masked(access ?? none),
      playlist: masked(playlist ?? none),
    },
    loggers,
  })
}
