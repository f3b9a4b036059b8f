import { configureSync, getJsonLinesFormatter, type LogLevel } from '@logtape/logtape'

/** Sends what is logged to stdout, a JSON object a line, where every supervisor and log shipper finds it. */
export function startLog(level: LogLevel): void {
  const print = getJsonLinesFormatter({ properties: 'flatten' })
  configureSync({
    reset: true,
    sinks: { stdout: (record) => console.log(print(record).trimEnd()) },
    loggers: [
      { category: 'distributary', lowestLevel: level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    ],
  })
}
