/** What a feed says of itself when it begins. */
export interface FeedInfo {
  kind: 'source' | 'relay'
  /** as the source sent it, parameters included */
  contentType: string
  /** its request's (a source) or its reply's (a relay) headers, names in lower case, values as latin1 bytes */
  headers: ReadonlyMap<string, string>
  /** who may take the mount over when this feed falls silent: the source's user, or the relay's upstream */
  owner: string
  /** it came by a Shoutcast port, and sets titles as such sources do */
  isShoutcast?: boolean | undefined
  /** address that the bytes come from */
  address?: string | undefined
  /** the mount's listeners at most, where the feed or its mount has a limit of its own */
  maxListeners?: number | undefined
  /** called once where the feed was closed from outside: killed by the admin, silent for too long, or taken over */
  onClosed?: ((why: string) => void) | undefined
}

/** What a source's connection or a relay writes to. */
export interface Feed {
  /** Takes in audio bytes, ICY already taken out; they are copied, the caller may use its memory again. */
  push(bytes: Uint8Array): void
  /** The title from the byte position reached on. */
  setTitle(title: string, url?: string): void
  /** A relay lost its master: the mount and its listeners stay, waiting for {@link resume}. */
  interrupt(): void
  /** The same mount goes on with a new connection; what is pushed next follows the last byte pushed before. */
  resume(info: FeedInfo): void
  /** What is pushed next does not follow the last byte pushed before: half a frame there is let go. */
  breakOff(): void
  /** The mount goes; its listeners are closed. */
  end(): void
}
