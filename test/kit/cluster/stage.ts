import { basic, expecting, type Programme, type Source, startSource } from '../audio/source.ts'
import { linksOf, type Stretch, StretchReader, type Tag, tagged, taggedOgg } from '../audio/tagged.ts'
import { eventually } from '../base/eventually.ts'
import { type Server, secrets } from '../process/runtimes.ts'
import { type Listener, type ListenOptions, listen } from '../wire/listener.ts'

/** frames after which a stretch counts as heard: what is less may be a remainder of a queue */
const heardFrames = 5

/** A listener of a scene, and what it hears as a story. */
export interface Witness {
  readonly listener: Listener
  /** `live > backup > live`: whom it heard, one after the other; or the status, where it got no stream */
  story(): string
  /** frames heard, of a tag or of all */
  frames(tag?: Tag): number
  /** the text of a refusal */
  text(): string
  /** Waits until it hears this, at the end of its story. */
  hears(story: string): Promise<void>
  /** Waits until it has heard this many frames more than now. */
  goesOn(frames?: number): Promise<void>
  /** Waits until the server has closed it. */
  isClosed(): Promise<void>
}

/** What a page or a command was answered. */
export interface Answer {
  status: number
  text: string
}

/** Where a scene is played: one server, and all that connects to it, until the curtain. */
export class Stage {
  readonly server: Server
  #ends: (() => void)[] = []

  constructor(server: Server) {
    this.server = server
  }

  /** Plays MP3 of a tag to a mount; resolves once the server takes it. */
  source(mount: string, tag: Tag): Promise<Source> {
    return this.#play(mount, tagged(tag), 'audio/mpeg')
  }

  /** The same with Ogg. */
  oggSource(mount: string, tag: Tag, contentType = 'audio/ogg'): Promise<Source> {
    return this.#play(mount, taggedOgg(tag), contentType)
  }

  /** Listens at a mount, whatever the answer. */
  async listen(
    path: string,
    options: Pick<ListenOptions, 'headers' | 'bytesMax' | 'icy'> = {},
  ): Promise<Witness> {
    const listener = await listen(this.server.url + path, { ...options, redirectsMax: 0 })
    this.onCurtain(() => listener.close())
    return witness(listener)
  }

  /** Asks with the admin's credentials. */
  admin(path: string): Promise<Answer> {
    return this.#fetch(path, { Authorization: basic('admin', secrets.admin) })
  }

  /** Asks with a relay's credentials. */
  relay(path: string): Promise<Answer> {
    return this.#fetch(path, { Authorization: basic('relay', secrets.relay) })
  }

  /** Asks without credentials. */
  ask(path: string): Promise<Answer> {
    return this.#fetch(path, {})
  }

  /** Calls this when the scene ends, however it ends. */
  onCurtain(end: () => void): void {
    this.#ends.push(end)
  }

  /** Ends what the scene began. */
  close(): void {
    for (const end of this.#ends.reverse()) end()
  }

  async #fetch(path: string, headers: Record<string, string>): Promise<Answer> {
    const answer = await fetch(this.server.url + path, { headers })
    return { status: answer.status, text: await answer.text() }
  }

  async #play(mount: string, programme: Programme, contentType: string): Promise<Source> {
    const events: string[] = []
    const source = startSource({
      url: this.server.url + mount,
      password: secrets.source,
      programme,
      contentType,
      headers: expecting,
      onEvent: (event) => events.push(event),
    })
    this.onCurtain(() => source.close())
    await eventually(() => source.isPlaying && source.sent > heardFrames).catch(() => {
      throw new Error(`no source at ${mount}: ${events.join(', ') || 'not answered'}`)
    })
    return source
  }
}

/** The words of a refusal; Icecast 2.5 wraps them into a report in XML. */
const refusalIn = (body: string) => (/<report\b.*<text>([^<]*)<\/text>/s.exec(body)?.[1] ?? body).trim()

function witness(listener: Listener): Witness {
  const isOgg = listener.headers.get('content-type')?.includes('ogg')
  const reader = new StretchReader()
  const stretches = () => {
    reader.read(listener.audio(), listener.isClosed)
    return reader.stretches
  }
  const links = sinceHeard(listener, () => linksOf(listener.audio()).join(' > '))
  const frames = (tag?: Tag) =>
    stretches().reduce(
      (sum, stretch) => sum + (tag === undefined || stretch.tag === tag ? stretch.frames : 0),
      0,
    )
  const story = () => {
    if (listener.status !== 200) return String(listener.status)
    return isOgg ? links() : tell(stretches())
  }
  return {
    listener,
    story,
    frames,
    text: () => refusalIn(Buffer.from(listener.audio()).toString()),
    async hears(expected) {
      await eventually(() => story().endsWith(expected)).catch(() => {
        throw new Error(`waited for "${expected}", heard "${story()}" in ${listener.bytesHeard} bytes`)
      })
    },
    async goesOn(more = 40) {
      const before = frames()
      await eventually(() => frames() >= before + more)
    },
    async isClosed() {
      await eventually(() => listener.isClosed)
    },
  }
}

/** What was worked out of a listener's bytes, again only when there are more of them. */
function sinceHeard<T>(listener: Listener, work: () => T): () => T {
  let last: { value: T; bytes: number } | undefined
  return () => {
    const bytes = listener.bytesHeard
    if (last?.bytes !== bytes) last = { value: work(), bytes }
    return last.value
  }
}

/** Whom the stretches are of, one after the other. A file that begins again is one; what is missing in between shows. */
function tell(stretches: readonly Stretch[]): string {
  let story = ''
  let last: Stretch | undefined
  for (const stretch of stretches.filter(({ frames }) => frames >= heardFrames)) {
    if (last?.tag !== stretch.tag) story += last ? ` > ${stretch.tag}` : stretch.tag
    else if (stretch.from > 0) story += ` (from ${last.from + last.frames} to ${stretch.from}) ${stretch.tag}`
    last = stretch
  }
  return story
}
