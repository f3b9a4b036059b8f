/** The task of a process of listeners. */
export interface ListenPlan {
  /** where each of them begins, and begins again */
  url: string
  count: number
  /** joins a second at first */
  perSecond: number
  /** mean ms that each stays before it comes again */
  stayMs: number
  seed: number
  /** hosts whose bytes begin anywhere, and are cut anywhere when they lose their master: stock Icecasts */
  stock: readonly string[]
}

/** A place in the audio of one listener at which the next frame is not the one that should follow. */
export interface Break {
  /** the last frame before it, and the first after it */
  after: number
  next: number
  host: string
  atMs: number
  /** of a listener of the plain mount: which of its process's connections */
  connection?: number
  /** what is wrong, where it is not that */
  what?: string
  /** it is in segments of HLS, which are heard when they come, and in every playlist for a minute */
  isHls: boolean
}

/** A time without audio, of a listener whose buffer had been long enough once. */
export interface Silence {
  host: string
  /** when its buffer was last as long as it should be */
  fullMs: number
  fromMs: number
  forMs: number
}

/** When a decider was asked, the host that it named, and when its answer was there. */
export type Redirected = [askedMs: number, to: string, answeredMs: number]

/** What listeners have seen, a line of JSON at regular intervals; lists and counts have what is new since the line before. */
export interface Seen {
  atMs: number
  /** redirects, or servers that a playlist or a steering answer named */
  redirects: Redirected[]
  breaks: Break[]
  silences: Silence[]
  faults: string[]
  /** answers other than 200 and 302, and connections that failed, by number */
  refused: Record<string, number>
  /** connections and sessions that were given up because they were silent, by host */
  silent: Record<string, number>
  /** listeners that are connected and were answered 200, or have had a segment lately, by host */
  present: Record<string, number>
  /** sessions of HLS that are elsewhere by now, and may still be counted there, by host */
  left: Record<string, number>
  /** listeners that hear the stream now */
  hearing: number
  frames: number
}

export type News = Omit<Seen, 'present' | 'left' | 'hearing' | 'atMs'>

export const noNews = (): News => ({
  redirects: [],
  breaks: [],
  silences: [],
  faults: [],
  refused: {},
  silent: {},
  frames: 0,
})

export const add = (counts: Record<string, number>, name: string, by = 1) => {
  counts[name] = (counts[name] ?? 0) + by
}

/** ms between two lines */
export const lineMs = 250
/** ms of silence after which a player connects, or loads, again */
export const patienceMs = 10_000
/** ms before a player comes back, at least and at most */
const [backMsMin, backMsMax] = [300, 1500]
export const backMs = (roll: () => number) => backMsMin + roll() * (backMsMax - backMsMin)
/** Whether a listener that came at one time, and wanted to stay until another, leaves now. */
export const leaves = (nowMs: number, beganMs: number, leaveMs: number) =>
  beganMs < mood.leftMs || (mood.isRestless && nowMs >= leaveMs)
/** ms that a listener stays, of whom as many leave at any moment */
export const stayMsOf = (roll: () => number, { stayMs }: ListenPlan) => -Math.log(1 - roll()) * stayMs

/** SIGUSR2: everybody stays, so that they can be counted. SIGHUP: some come and go again. SIGWINCH: all leave once, and come back. */
export const mood = { isRestless: true, leftMs: 0 }

/** Reads its mood from signals, lets them join one after the other, and prints what they have seen. @param look what is present now */
export function perform<T>(
  plan: ListenPlan,
  people: T[],
  join: () => T,
  look: (nowMs: number) => Omit<Seen, 'atMs'>,
): void {
  process.on('SIGUSR2', () => {
    mood.isRestless = false
  })
  process.on('SIGWINCH', () => {
    mood.leftMs = Date.now()
  })
  process.on('SIGHUP', () => {
    mood.isRestless = true
  })
  const beganMs = performance.now()
  const joining = setInterval(() => {
    const due = Math.min(plan.count, Math.ceil(((performance.now() - beganMs) / 1000) * plan.perSecond))
    while (people.length < due) people.push(join())
    if (people.length === plan.count) clearInterval(joining)
  }, 20)
  setInterval(() => {
    const nowMs = Date.now()
    console.log(JSON.stringify({ atMs: nowMs, ...look(nowMs) }))
  }, lineMs)
}
