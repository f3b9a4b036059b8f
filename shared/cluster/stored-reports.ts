import { messageOf } from '../message-of.ts'
import type { Report } from '../report/report.ts'
import type { ServerRow, ServerTable } from './server-table.ts'

/** The stored servers and their reports; a row that this version cannot parse is set aside. */
export function* storedReports(
  table: ServerTable | undefined,
  parse: (sourcelist: string) => Report,
): Generator<[ServerRow, Report], void> {
  for (const row of table?.servers() ?? []) {
    const report = reportIn(row, parse)
    if (report instanceof Error) table?.setAside(row.id, report.message)
    else yield [row, report]
  }
}

function reportIn({ id, sourcelist }: ServerRow, parse: (sourcelist: string) => Report): Report | Error {
  try {
    const report = parse(sourcelist)
    return report.id === id ? report : new Error(`the report is of ${report.id}`)
  } catch (error) {
    return new Error(messageOf(error))
  }
}
