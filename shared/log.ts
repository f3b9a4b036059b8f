import { configureSync, getJsonLinesFormatter, type LogLevel, type LogRecord } from '@logtape/logtape'

const print = getJsonLinesFormatter({ properties: 'flatten' })

/** A record as a JSON object, without the end of its line. */
export const jsonLine = (record: LogRecord): string => print(record).trimEnd()

/** Sends what is logged to stdout, a JSON object a line, where every supervisor and log shipper finds it. */
export function startLog(level: LogLevel): void {
  configureSync({
    reset: true,
    sinks: { stdout: (record) => console.log(jsonLine(record)) },
    loggers: [
      { category: 'distributary', lowestLevel: level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    ],
  })
}
