import { configureSync, type LogRecord, resetSync } from '@logtape/logtape'

/** What is logged while it runs, all levels. */
export async function logged(run: () => unknown): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  configureSync({
    reset: true,
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: 'distributary', lowestLevel: 'trace', sinks: ['memory'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: [] },
    ],
  })
  try {
    await run()
  } finally {
    resetSync()
  }
  return records
}

/** The messages of what is logged while it runs, with their fields; from `info` on. */
export async function told(run: () => unknown): Promise<({ message: string } & Record<string, unknown>)[]> {
  const records = (await logged(run)).filter(({ level }) => level !== 'trace' && level !== 'debug')
  return records.map(({ message, properties }) => ({ ...properties, message: message.join('') }))
}
