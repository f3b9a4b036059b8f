import { configureSync, getJsonLinesFormatter, type LogLevel, type Sink } from '@logtape/logtape'

const print = getJsonLinesFormatter({ properties: 'flatten' })

/** A JSON object a line on stdout, where every supervisor and log shipper finds it. */
export const stdoutSink: Sink = (record) => console.log(print(record).trimEnd())

/** Sends what is logged to stdout. */
export function startLog(level: LogLevel): void {
  configureSync({
    reset: true,
    sinks: { stdout: stdoutSink },
    loggers: [
      { category: 'distributary', lowestLevel: level, sinks: ['stdout'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['stdout'] },
    ],
  })
}
