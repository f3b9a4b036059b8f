import { configureSync, getJsonLinesFormatter, type LogLevel, type LogRecord } from '@logtape/logtape'

const print = getJsonLinesFormatter({ properties: 'flatten' })

/** A record as a JSON object, without the end of its line. */
export const jsonLine = (record: LogRecord): string => print(record).trimEnd()

/** The record that stands where lines are missing: their reader did not take them in time. */
export const lostRecord = (lines: number): LogRecord => ({
  category: ['distributary', 'log'],
  level: 'warning',
  message: ['log lines were dropped: their reader did not take them'],
  rawMessage: 'log lines were dropped: their reader did not take them',
  timestamp: Date.now(),
  properties: { lines },
})

/**
 * Sends what is logged to stdout, a JSON object a line, where every supervisor and log shipper finds it.
 *
 * @param write takes a line without its end
 */
export function startLog(level: LogLevel, write: (line: string) => void = console.log): void {
  configureSync({
    reset: true,
    sinks: { stdout: (record) => write(jsonLine(record)) },
    loggers: [
      { category: 'distributary', lowestLevel: level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    ],
  })
}
