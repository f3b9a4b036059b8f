/** The SQL that a Durable Object and `node:sqlite` have in common: both are synchronous. */
export interface Sql {
  all<T>(query: string, ...params: (string | number | null)[]): T[]
  /** Runs `fn` as one transaction: all of it is kept, or nothing. */
  tx<T>(fn: () => T): T
  /** Called once the table exists: from now on no statement may wait long for a lock. */
  started?(): void
}
