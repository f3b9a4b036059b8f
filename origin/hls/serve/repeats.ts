import type { OriginConfig } from '../../config/config.ts'
import type { Connection } from '../../http/connection.ts'
import type { Repeats } from '../../http/head-line.ts'
import { mountRules } from '../../http/header-rules.ts'
import { RepeatedHead } from '../../http/repeated-head.ts'
import type { HlsSession } from '../sessions.ts'
import { type Asking, answerHere, askingOf, type HereDeps } from './answer-here.ts'
import type { HlsDeps } from './deps.ts'
import { namedObject } from './named-object.ts'
import { sendPieced } from './send.ts'

/** heads that are remembered of a connection: some players send other headers for a playlist than for a segment */
const headsMax = 2
/** heads that are learned of a connection: a player whose heads differ each time, as by a measured value in the query, repeats none */
const learnedMax = 8

/** What answering needs in addition. */
interface RepeatsDeps {
  config: Pick<OriginConfig, 'httpHeaders'> & HereDeps['config']
  hls: HereDeps['hls'] & Pick<HlsDeps['hls'], 'kept' | 'failed'>
  state: { load: { requests: number } }
}

interface Learned {
  head: RepeatedHead
  asking: Asking
}

/**
 * The requests of a session on one connection that differ from those before in the object's name alone. Who asks, for which mount, by which
 * headers, and that it may: all this was found out for the first one, and holds as long as the session and the settings do.
 */
class SessionRepeats implements Repeats {
  readonly session: HlsSession
  #connection: Connection
  #begin: () => void
  #deps: RepeatsDeps
  /** of the settings by which the first was answered: a reload makes others */
  #mounts: RepeatsDeps['config']['mounts']
  #learned: Learned[] = []
  #count = 0

  constructor(connection: Connection, begin: () => void, session: HlsSession, deps: RepeatsDeps) {
    this.#connection = connection
    this.#begin = begin
    this.session = session
    this.#deps = deps
    this.#mounts = deps.config.mounts
  }

  /** whether what was found out still holds */
  get holds(): boolean {
    return !this.session.hasEnded && this.#mounts === this.#deps.config.mounts
  }

  /** Remembers the head of a request, in place of the older of two. */
  learn(bytes: Buffer, { head }: Connection): void {
    if (this.#count >= learnedMax) return
    this.#count++
    const learned = RepeatedHead.of(bytes, head)
    if (learned)
      this.#learned = [{ head: learned, asking: askingOf(head) }, ...this.#learned].slice(0, headsMax)
  }

  answer(bytes: Buffer): boolean {
    if (!this.holds) return false
    for (const { head, asking } of this.#learned) {
      const nameEnd = head.nameEndIn(bytes)
      const object = nameEnd < 0 ? undefined : namedObject(bytes, head.nameAt, nameEnd)
      if (object) return this.#answer(asking, object)
    }
    return false
  }

  #answer(asking: Asking, object: NonNullable<ReturnType<typeof namedObject>>): boolean {
    const { session } = this
    const deps = this.#deps
    try {
      const answer = answerHere(session, asking, object, deps)
      if (!answer) return false
      this.#begin()
      deps.state.load.requests++
      sendPieced(this.#connection, answer, mountRules(deps.config, session.mount), deps.hls.kept)
    } catch (error) {
      deps.hls.failed(session.mount, error)
      this.#connection.socket.destroy()
    }
    return true
  }
}

/** Lets requests that repeat this one be answered without being read. To be called before it is answered. */
export function followRepeats(connection: Connection, session: HlsSession, deps: RepeatsDeps): void {
  const { line, repeat: begin, head } = connection
  // a part has a head of its own, and an access-log line if it is outside
  if (!line?.whole || !begin || head.headers.has('range')) return
  const before = line.repeats
  const follows = before instanceof SessionRepeats && before.session === session && before.holds
  const repeats = follows ? before : new SessionRepeats(connection, begin, session, deps)
  repeats.learn(line.whole, connection)
  line.repeats = repeats
}
