/** The beginning of a text that a spreadsheet takes for a formula; in some languages its sign is in full width. */
const startsFormula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/
/** Where a decimal point is a comma, spreadsheets divide cells at semicolons or tabs, quoted or not, if no cell begins with a quote. */
const partStartsFormula = /([;\t][^\S\t]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/**
 * A cell of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula is preceded by an apostrophe, which
 * makes it a text: anyone who can send a title to an encoder chooses it.
 */
function printCell(value: string | number | boolean | null): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const whole = value.replace(partStartsFormula, "$1'")
  const text = startsFormula.test(whole) ? `'${whole}` : whole
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A CSV file: a line of names, then a line a row. */
export function printCsv<K extends string>(
  names: readonly K[],
  rows: readonly Readonly<Record<K, string | number | boolean | null>>[],
): string {
  const lines = rows.map((row) => names.map((name) => printCell(row[name])).join(','))
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`
}
