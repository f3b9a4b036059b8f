// The status page in a browser: play buttons, and numbers and titles that follow the stream.
;(() => {
  const everyMs = 10_000
  const $$ = (root, selector) => [...root.querySelectorAll(selector)]
  const cards = () => $$(document, '.mount')
  const pageTitle = document.title
  let playing

  function show(card, state, trouble = '') {
    card.dataset.state = state
    card.querySelector('.trouble').textContent = trouble
    card
      .querySelector('.play')
      .setAttribute('aria-pressed', String(state === 'loading' || state === 'playing'))
    showTitle()
  }

  function showTitle() {
    const now = playing?.querySelector('[data-stat=now]').textContent
    document.title = now ? `${now} – ${pageTitle}` : pageTitle
  }

  function stop(trouble) {
    if (!playing) return
    const card = playing
    const audio = card.querySelector('audio')
    playing = undefined
    // a paused stream would continue to load, and be minutes late when it is played again
    audio.pause()
    audio.removeAttribute('src')
    audio.load()
    show(card, 'stopped', trouble)
  }

  function play(card) {
    stop()
    playing = card
    const audio = card.querySelector('audio')
    audio.src = card.dataset.mount
    show(card, 'loading')
    audio.play().catch((error) => {
      if (playing === card && error.name !== 'AbortError') stop('This stream cannot be played here.')
    })
  }

  function enliven(card) {
    const audio = card.querySelector('audio')
    const button = card.querySelector('.play')
    const ifPlaying = (act) => () => playing === card && act()
    audio.controls = false
    audio.hidden = true
    button.hidden = false
    button.addEventListener('click', () => (playing === card ? stop() : play(card)))
    audio.addEventListener(
      'playing',
      ifPlaying(() => show(card, 'playing')),
    )
    audio.addEventListener(
      'waiting',
      ifPlaying(() => show(card, 'loading')),
    )
    audio.addEventListener(
      'ended',
      ifPlaying(() => stop('The stream has ended.')),
    )
    audio.addEventListener(
      'error',
      ifPlaying(() => stop('This stream cannot be played here.')),
    )
  }

  const statOf = {
    now: ({ artist, title }) => [artist, title].filter(Boolean).join(' - '),
    listeners: ({ listeners = 0 }) => listeners.toLocaleString('en'),
    listener_peak: ({ listener_peak = 0 }) => listener_peak.toLocaleString('en'),
  }

  function update(card, source) {
    for (const [name, value] of Object.entries(statOf)) {
      const place = card.querySelector(`[data-stat=${name}]`)
      const text = value(source)
      if (place.textContent !== text) place.textContent = text
    }
  }

  /** If the mounts have changed: takes new cards from the current page, and keeps the others. */
  async function exchangeCards() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html')
    const here = new Map(cards().map((card) => [card.dataset.mount, card]))
    const fresh = $$(page, '.mount').map(
      (card) => here.get(card.dataset.mount) ?? document.importNode(card, true),
    )
    for (const card of here.values()) if (!fresh.includes(card) && card !== playing) card.remove()
    const last = document.querySelector('.none')
    for (const card of fresh) {
      if (!card.isConnected) enliven(card)
      last.before(card)
    }
    last.hidden = cards().length > 0
  }

  async function look() {
    const answer = await fetch(`/status-json.xsl${location.search}`)
    const { icestats } = await answer.json()
    const sources = new Map(
      [icestats.source ?? []].flat().map((each) => [new URL(each.listenurl).pathname, each]),
    )
    const mounts = cards().map((card) => card.dataset.mount)
    const isOther = mounts.length !== sources.size || mounts.some((mount) => !sources.has(mount))
    if (isOther) await exchangeCards()
    for (const card of cards()) {
      const source = sources.get(card.dataset.mount)
      if (source) update(card, source)
    }
    showTitle()
  }

  for (const card of cards()) enliven(card)
  setInterval(() => {
    if (!document.hidden || playing) look().catch(() => {}) // the server is unreachable: the next attempt may succeed
  }, everyMs)
})()
