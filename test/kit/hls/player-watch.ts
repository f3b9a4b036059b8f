/** What a player tells of itself. */
export interface PlayerLook {
  position: number
  /** ms: by the clock of the machine */
  atMs: number
  ranges: number
  /** `waiting` events after it played first, for which it had less than a second in its buffer */
  stalls: number
  /** the same with more in its buffer: a machine that is too busy to decode it in time, for some ms */
  starved: number
  /** s in the buffer before the position */
  ahead: number
  /** hosts of the segments it asked for, and when, by the clock of the machine */
  segments: { host: string; atMs: number }[]
  /** when it last asked where to go on; 0: never */
  steeredAtMs: number
  status: string | null
  /** why it ended, where it is hls.js or video.js as it is */
  problem: string | null
}

/** In a frame with one player, before it plays. */
export const watch = `(() => {
  const audio = document.querySelector('audio')
  window.stalls = 0
  window.starved = 0
  window.story = []
  const ahead = () => {
    const { buffered, currentTime } = audio
    return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime
  }
  audio.addEventListener('playing', () => {
    audio.addEventListener('waiting', () => ahead() < 1 ? window.stalls++ : window.starved++)
  }, { once: true })
  const now = () => performance.timeOrigin + performance.now()
  let ticks = [], last = performance.now()
  setInterval(() => {
    const at = performance.now()
    if (at - last > 200) ticks.push([at, at - last - 50])
    last = at
    while (ticks.length > 0 && at - ticks[0][0] > 5000) ticks.shift()
  }, 50)
  const note = (what) => {
    window.story.push({
      what, atMs: Math.round(now()), position: audio.currentTime, ahead: ahead(),
      lateMs: Math.round(Math.max(0, performance.now() - last - 50, ...ticks.map(([, late]) => late))),
    })
  }
  for (const type of ['playing', 'waiting', 'seeking', 'pause', 'stalled', 'emptied', 'ended', 'error'])
    audio.addEventListener(type, () => note(type))
})()`

/** All that happened at the player of a frame, and what it asked for lately: for a person who asks why it stood. */
export const tell = `JSON.stringify({
  story: window.story,
  asked: performance.getEntriesByType('resource').slice(-25).map(({ name, startTime, responseEnd, responseStatus }) =>
    [name, Math.round(performance.timeOrigin + startTime), Math.round(responseEnd - startTime), responseStatus]),
})`

export const look = `(() => {
  const audio = document.querySelector('audio')
  const { buffered, currentTime } = audio
  return {
    position: currentTime,
    atMs: performance.timeOrigin + performance.now(),
    ranges: buffered.length,
    ahead: buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - currentTime,
    stalls: window.stalls,
    starved: window.starved,
    segments: performance.getEntriesByType('resource')
      .filter(({ name }) => /\\/hls\\/.*\\/\\d+\\.(mp3|aac|m4s)/.test(name))
      .map(({ name, startTime }) => ({ host: new URL(name).host, atMs: performance.timeOrigin + startTime })),
    steeredAtMs: Math.max(0, ...performance.getEntriesByType('resource')
      .filter(({ name }) => name.includes('/steering.json'))
      .map(({ responseEnd }) => performance.timeOrigin + responseEnd)),
    status: document.querySelector('.status')?.textContent ?? null,
    problem: window.problem ?? null,
  }
})()`

/** What the machine did to the page of all players. */
export interface Witnessed {
  /** s that a player of silence, which is all in memory, has played */
  position: number
  /** times that it stood, after it had begun */
  stalls: number
  /** ms by which a tick of the page was late at most */
  lateMs: number
}

/** In the page of all frames: a bare player and a clock. Where these are late, it is the machine. */
export const witness = `(() => {
  const rate = 8000, seconds = 600
  const wav = new DataView(new ArrayBuffer(44 + rate * seconds))
  const text = (at, letters) => [...letters].forEach((letter, i) => wav.setUint8(at + i, letter.charCodeAt(0)))
  const long = (at, value) => wav.setUint32(at, value, true), short = (at, value) => wav.setUint16(at, value, true)
  text(0, 'RIFF'), long(4, 36 + rate * seconds), text(8, 'WAVEfmt '), long(16, 16), short(20, 1), short(22, 1)
  long(24, rate), long(28, rate), short(32, 1), short(34, 8), text(36, 'data'), long(40, rate * seconds)
  new Uint8Array(wav.buffer).fill(128, 44)
  const audio = new Audio(URL.createObjectURL(new Blob([wav], { type: 'audio/wav' })))
  const seen = { stalls: 0, lateMs: 0 }
  audio.addEventListener('playing', () => audio.addEventListener('waiting', () => seen.stalls++), { once: true })
  const everyMs = 50
  let last = performance.now()
  setInterval(() => {
    const now = performance.now()
    seen.lateMs = Math.max(seen.lateMs, now - last - everyMs)
    last = now
  }, everyMs)
  window.witnessed = () => ({ ...seen, position: audio.currentTime })
  void audio.play()
})()`

export const witnessed = 'witnessed()'
