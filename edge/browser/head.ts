import type { ClusterJson, ProblemJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { h, KeyedList, type Shown } from './dom.ts'
import { printNumber, printPercent, printRate } from './words.ts'

/** problems shown: with more, the cluster as a whole is what is wrong */
const problemsMax = 50

/** What is wrong, first of all on the page; also that nothing is known since the edge does not answer. */
export function problemPanel(root: HTMLElement) {
  const list = new KeyedList<ProblemJson>(
    element(root, 'ul'),
    ({ server, mount, severity, text }) =>
      `${severity} ${server ?? ''} ${mount ?? ''} ${text.replace(/\d+/g, '')}`,
    ({ severity }) => {
      const text = h('bdi')
      const item = h('li', { class: severity }, h('b', {}, severity), ' ', text)
      return { root: item, show: (problem) => toText(text, problem.text) }
    },
  )
  const summary = element(root, '.summary')
  return {
    show({ problems }: ClusterJson) {
      root.dataset.worst = problems[0]?.severity ?? 'none'
      list.show(problems.slice(0, problemsMax))
      toText(summary, summarise(problems.length))
    },
    /** The last answer is too old to say that nothing is wrong. */
    lose(why: string, span: string) {
      root.dataset.worst = 'critical'
      toText(summary, `Nothing is known for ${span}: ${why}. This page shows what was known before.`)
    },
  }
}

function summarise(count: number): string {
  if (count === 0) return 'Nothing is wrong.'
  if (count > problemsMax) return `${printNumber(count)} problems; the ${problemsMax} most severe:`
  return count === 1 ? '1 problem' : `${count} problems`
}

/** The numbers of the whole cluster. */
export function totalsPanel(root: HTMLElement): (cluster: ClusterJson) => void {
  const list = new KeyedList<[string, string]>(root, ([name]) => name, fact)
  return ({ totals, perMinute }) =>
    list.show([
      ['listeners', printNumber(totals.listeners)],
      ['of slots used', totals.utilisation === null ? '–' : printPercent(totals.utilisation)],
      ['free slots', printNumber(totals.free)],
      [
        'servers in',
        `${printNumber(totals.serversIn)} of ${printNumber(totals.serversIn + totals.serversOut)}`,
      ],
      ['mounts', printNumber(totals.mounts)],
      ['sent', totals.bandwidth === null ? '–' : printRate(totals.bandwidth)],
      ['joins a minute', printNumber(perMinute.joins)],
    ])
}

function fact([name]: [string, string]): Shown<[string, string]> {
  const value = h('dd')
  return { root: h('div', {}, h('dt', {}, name), value), show: ([, text]) => toText(value, text) }
}
