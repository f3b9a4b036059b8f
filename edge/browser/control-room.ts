/// The control room in a browser: the cluster, looked at every two seconds.
import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { chartPanel } from './chart.ts'
import { serverDialogs } from './dialogs.ts'
import { problemPanel, totalsPanel } from './head.ts'
import { mapPanel } from './map.ts'
import { mountPanel } from './mounts.ts'
import { pollJson } from './poll.ts'
import { serverPanel } from './servers.ts'
import { answerPanel, countryPanel, eventPanel } from './side.ts'
import { printSpan } from './words.ts'

const panel = (name: string) => element<HTMLElement>(document, `#${name}`)

let last: ClusterJson | undefined
const chart = chartPanel(panel('chart'))
const dialogs = serverDialogs({
  cluster: () => last,
  changed: () => look(),
  chart: (server) => chart.choose({ server }),
})
const problems = problemPanel(panel('problems'))
const panels = [
  problems.show,
  totalsPanel(element(document, '#totals dl')),
  serverPanel(panel('servers'), { open: dialogs.open, drain: dialogs.ask }),
  mountPanel(panel('mounts'), (mount) => chart.choose({ mount })),
  mapPanel(panel('map'), dialogs.open),
  countryPanel(panel('map')),
  answerPanel(panel('answers')),
  eventPanel(panel('events')),
  chart.show,
  dialogs.refresh,
]
const state = panel('state')

/** ms without an answer until what the page shows is called old: one answer may be late */
const lostMsMax = 5000

/** Lets the browser draw and listen between two panels: a large cluster is shown in many short steps. */
const aPause = () => new Promise<void>((resolve) => setTimeout(resolve))

const look = pollJson<ClusterJson>('/api/cluster', {
  async onAnswer(cluster) {
    last = cluster
    for (const show of panels) {
      show(cluster)
      await aPause()
    }
    state.className = 'live'
    toText(state, `live · ${new Date(cluster.at).toLocaleTimeString('en-GB')}`)
  },
  onTrouble(why, lostMs) {
    state.className = 'lost'
    const span = printSpan(lostMs / 1000)
    toText(state, `not live for ${span}: ${why}`)
    if (lostMs > lostMsMax) problems.lose(why, span)
  },
})
