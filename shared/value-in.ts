/** The value of a table's own row: a name from outside may be `constructor`, which every object has. */
export const valueIn = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined
