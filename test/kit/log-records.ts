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
