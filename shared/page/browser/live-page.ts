/// The public page in a browser: play buttons, and numbers and titles that follow the streams.
import { element, toText } from './elements.ts'
import { type PlayingNow, playingIn } from './playing.ts'

const main = element(document, 'main')
/** where the current state is published, and how often this page looks */
const source = main.dataset.from ?? ''
const everyMs = Number(main.dataset.every)
const pageTitle = document.title
let current: HTMLElement | undefined

const cards = (root: ParentNode = document) => [...root.querySelectorAll<HTMLElement>('.mount')]
const audioOf = (card: HTMLElement) => element<HTMLAudioElement>(card, 'audio')
const buttonOf = (card: HTMLElement) => element<HTMLButtonElement>(card, '.play')

function show(card: HTMLElement, state: 'stopped' | 'loading' | 'playing', trouble = ''): void {
  card.dataset.state = state
  toText(element(card, '.trouble'), trouble)
  buttonOf(card).setAttribute('aria-pressed', String(state !== 'stopped'))
  showTitle()
}

/** Marks that change the direction of text could turn the rest of a window's title around. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function showTitle(): void {
  const now = current?.querySelector('[data-stat=now]')?.textContent?.replace(directionMarks, '')
  const title = now ? `${now} – ${pageTitle}` : pageTitle
  if (document.title !== title) document.title = title
}

function stop(trouble?: string): void {
  if (!current) return
  const card = current
  const audio = audioOf(card)
  current = undefined
  // a paused stream would continue to load, and be minutes late when it is played again
  audio.pause()
  audio.removeAttribute('src')
  audio.load()
  show(card, 'stopped', trouble)
}

function play(card: HTMLElement): void {
  stop()
  current = card
  const audio = audioOf(card)
  audio.src = card.dataset.mount ?? ''
  show(card, 'loading')
  audio.play().catch((error: unknown) => {
    const isAborted = error instanceof DOMException && error.name === 'AbortError'
    if (current === card && !isAborted) stop('This stream cannot be played here.')
  })
}

function enliven(card: HTMLElement): void {
  const audio = audioOf(card)
  const button = buttonOf(card)
  const when = (event: string, act: () => void) =>
    audio.addEventListener(event, () => current === card && act())
  audio.controls = false
  audio.hidden = true
  button.hidden = false
  button.addEventListener('click', () => (current === card ? stop() : play(card)))
  when('playing', () => show(card, 'playing'))
  when('waiting', () => show(card, 'loading'))
  when('ended', () => stop('The stream has ended.'))
  when('error', () => stop('This stream cannot be played here.'))
}

const print = (n: number) => n.toLocaleString('en')

function update(card: HTMLElement, { now, listeners, peak }: PlayingNow): void {
  const texts = {
    now,
    listeners: print(listeners),
    listener_peak: peak === undefined ? undefined : print(peak),
  }
  for (const [stat, text] of Object.entries(texts)) {
    const place = card.querySelector(`[data-stat=${stat}]`)
    if (place && text !== undefined) toText(place, text)
  }
}

/** If the mounts have changed: takes new cards from the current page, and keeps the others. */
async function exchangeCards(): Promise<void> {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html')
  const here = new Map(cards().map((card) => [card.dataset.mount, card]))
  const fresh = cards(page).map((card) => here.get(card.dataset.mount) ?? document.importNode(card, true))
  for (const card of here.values()) if (!fresh.includes(card) && card !== current) card.remove()
  const last = element<HTMLElement>(document, '.none')
  for (const card of fresh) {
    if (!card.isConnected) enliven(card)
    last.before(card)
  }
  const said = element<HTMLElement>(page, '.none')
  toText(last, said.textContent ?? '')
  last.hidden = said.hidden
}

async function look(): Promise<void> {
  const answer = await fetch(source + location.search)
  const playing = playingIn(await answer.json(), location.href)
  const known = cards().map((card) => card.dataset.mount ?? '')
  const isOther = known.length !== playing.size || known.some((mount) => !playing.has(mount))
  if (isOther) await exchangeCards()
  for (const card of cards()) {
    const state = playing.get(card.dataset.mount ?? '')
    if (state) update(card, state)
  }
  showListening(playing)
  showTitle()
}

function showListening(playing: ReadonlyMap<string, PlayingNow>): void {
  const all = document.querySelector('[data-stat=all]')
  if (all) toText(all, print([...playing.values()].reduce((sum, { listeners }) => sum + listeners, 0)))
}

for (const card of cards()) enliven(card)
setInterval(() => {
  if (!document.hidden || current) look().catch(() => {}) // the server is unreachable: the next attempt may succeed
}, everyMs)
