import { configureSync, getJsonLinesFormatter, type LogLevel, type LogRecord } from '@logtape/logtape'

const print = getJsonLinesFormatter({ properties: 'flatten' })

/** A record as a JSON object, without a line end. */
export const jsonLine = (record: LogRecord): string => print(record).trimEnd()

/** The record at the position of dropped lines: their reader did not keep up. */
export const lostRecord = (lines: number): LogRecord => ({
  category: ['distributary', 'log'],
  level: 'warning',
  message: ['log lines dropped: reader too slow'],
  rawMessage: 'log lines dropped: reader too slow',
  timestamp: Date.now(),
  properties: { lines },
})

/**
 * Logs to stdout, one JSON object a line, where every supervisor and log shipper finds it.
 *
 * @param write writes one line, given without its line end
 * @param print another form of the line
 */
export function startLog(
  level: LogLevel,
  write: (line: string) => void = console.log,
  print: (record: LogRecord) => string = jsonLine,
): void {
  configureSync({
    reset: true,
    sinks: { stdout: (record) => write(print(record)) },
    loggers: [
      { category: 'distributary', lowestLevel: level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    ],
  })
}
