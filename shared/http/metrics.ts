/** One family of numbers in Prometheus' text format 0.0.4. */
export interface Metric {
  name: string
  help: string
  type: 'gauge' | 'counter'
  samples: Iterable<Sample>
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

/** The text that a scraper reads, a sample a step. A family without samples is omitted. */
export function* metricSteps(metrics: Iterable<Metric>): Generator<string, void> {
  for (const { name, help, type, samples } of metrics) {
    let head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (const sample of samples) {
      yield head + printSample(name, sample)
      head = ''
    }
  }
}

/** The same, at once. */
export const printMetrics = (metrics: Iterable<Metric>): string => [...metricSteps(metrics)].join('')
