import type { ClusterJson, ClusterServerJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { h } from './dom.ts'
import {
  drainEffects,
  isDrained,
  printNumber,
  printPercent,
  printRate,
  printSpan,
  undrainEffects,
} from './words.ts'

interface DialogActions {
  cluster(): ClusterJson | undefined
  /** after a change, so that the page shows it */
  changed(): void
  chart(server: string): void
}

/** The two dialogs about a server: its details, and the question before it is drained or undrained. */
export function serverDialogs(actions: DialogActions) {
  const details = element<HTMLDialogElement>(document, '#details')
  const question = element<HTMLDialogElement>(document, '#question')
  const trouble = element(question, '.trouble')
  const confirm = element<HTMLButtonElement>(question, '.confirm')
  let about = ''

  const serverOf = (id: string) => actions.cluster()?.servers.find((server) => server.id === id)
  const ask = (id: string) => {
    const cluster = actions.cluster()
    const server = serverOf(id)
    if (!cluster || !server) return
    about = id
    const verb = isDrained(server) ? 'Undrain' : 'Drain'
    element(question, 'h2').replaceChildren(`${verb} `, h('bdi', {}, id), '?')
    const effects = isDrained(server) ? undrainEffects(server) : drainEffects(server, cluster)
    element(question, '.effects').replaceChildren(...effects.map((text) => h('li', {}, text)))
    confirm.replaceChildren(`${verb} `, h('bdi', {}, id))
    confirm.dataset.action = verb.toLowerCase()
    toText(trouble, '')
    details.close()
    question.showModal()
  }
  const change = async () => {
    confirm.disabled = true
    const why = await post(`/api/servers/${encodeURIComponent(about)}/${confirm.dataset.action}`)
    confirm.disabled = false
    toText(trouble, why ?? '')
    if (why === undefined) question.close()
    actions.changed()
  }
  confirm.addEventListener('click', () => void change())
  for (const dialog of [details, question])
    element(dialog, '.cancel').addEventListener('click', () => dialog.close())
  element(details, '.chart').addEventListener('click', () => {
    details.close()
    actions.chart(about)
  })
  element(details, '.drain').addEventListener('click', () => ask(about))

  const showDetails = () => {
    const server = serverOf(about)
    if (!server) return details.close()
    toText(element(details, 'h2 bdi'), server.id)
    toText(element(details, '.drain'), isDrained(server) ? 'Undrain …' : 'Drain …')
    const facts = factsOf(server).flatMap(([name, value]) => [
      h('dt', {}, name),
      h('dd', { dir: 'auto' }, value),
    ])
    element(details, 'dl').replaceChildren(...facts)
  }
  return {
    ask,
    open(id: string) {
      about = id
      showDetails()
      details.showModal()
    },
    /** The details follow the cluster while they are open. */
    refresh() {
      if (details.open) showDetails()
    },
  }
}

/** Posts without a body; the reason if it failed. */
async function post(path: string): Promise<string | undefined> {
  try {
    const answer = await fetch(path, { method: 'POST' })
    return answer.ok ? undefined : `answer ${answer.status}: ${(await answer.text()).trim().slice(0, 200)}`
  } catch {
    return 'the edge cannot be reached'
  }
}

/** mounts named in the details of a server */
const mountsMax = 30

function factsOf(server: ClusterServerJson): [string, string][] {
  const { location, clockOffsetSeconds: offset, mounts } = server
  const rate = server.bandwidth === null ? 'unknown' : printRate(server.bandwidth)
  const facts: [string, string][] = [
    ['takes listeners', server.out === null ? 'yes' : `no: ${server.out}`],
    ...(server.notes ?? []).map((note): [string, string] => ['note', note]),
    ['role', server.polled ? `${server.role}, polled` : server.role],
    ['address', server.urls.join(' ')],
    [
      'listeners',
      `${printNumber(server.listeners)} of ${printNumber(server.maxListeners)}, ${printNumber(server.free)} free`,
    ],
    ['sends', server.maxBandwidth === null ? rate : `${rate} of ${printRate(server.maxBandwidth)}`],
    ['load', printPercent(server.utilisation)],
    ['joins a minute', server.joinsPerMinute === null ? 'unknown' : printNumber(server.joinsPerMinute)],
    ['last report', `${printSpan(server.ageSeconds)} ago, promised every ${printSpan(server.interval)}`],
    ['version', server.version ?? 'unknown'],
    ['clock', offset === null ? 'unknown' : `${Math.abs(offset)} s ${offset < 0 ? 'behind' : 'ahead'}`],
    ['location', location ? `${location.latitude.toFixed(2)}, ${location.longitude.toFixed(2)}` : 'unknown'],
    ['mounts', mountList(mounts)],
  ]
  if (server.hlsShare !== null) facts.push(['by HLS', printPercent(server.hlsShare)])
  return facts
}

function mountList(mounts: readonly string[]): string {
  const more = mounts.length > mountsMax ? ` and ${printNumber(mounts.length - mountsMax)} more` : ''
  return mounts.length === 0 ? 'none' : mounts.slice(0, mountsMax).join(', ') + more
}
