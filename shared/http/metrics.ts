/** One family of numbers in Prometheus' text format 0.0.4. */
export interface Metric {
  name: string
  help: string
  type: 'gauge' | 'counter'
  samples: readonly Sample[]
}

export interface Sample {
  labels?: Readonly<Record<string, string>>
  value: number
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }
const printLabel = ([name, value]: [string, string]) =>
  `${name}="${value.replace(/[\\"\n]/g, (char) => escapes[char] ?? char)}"`

const printSample = (name: string, { labels = {}, value }: Sample) => {
  const printed = Object.entries(labels).map(printLabel).join(',')
  return `${name}${printed && `{${printed}}`} ${value}\n`
}

/** The text that a scraper reads. A family without samples is omitted. */
export const printMetrics = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((each) => printSample(name, each)).join('')}`,
    )
    .join('')
