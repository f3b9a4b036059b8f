import { configureSync, type LogRecord, resetSync } from '@logtape/logtape'

/** What is logged while a task runs: the message, and its fields. */
export async function told(
  task: () => Promise<void> | void,
): Promise<({ message: string } & Record<string, unknown>)[]> {
  const records: LogRecord[] = []
  configureSync({
    reset: true,
    sinks: { records: (record) => void records.push(record) },
    loggers: [
      { category: ['distributary'], lowestLevel: 'info', sinks: ['records'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: [] },
    ],
  })
  try {
    await task()
  } finally {
    resetSync()
  }
  return records.map(({ message, properties }) => ({ ...properties, message: message.join('') }))
}
