/** What a feed announces when it begins. */
export interface FeedInfo {
  kind: 'source' | 'relay'
  /** as the source sent it, parameters included */
  contentType: string
  /** headers of the request (source) or the reply (relay), names in lower case, values as latin1 bytes */
  headers: ReadonlyMap<string, string>
  /** identity that may take the mount over when this feed falls silent: the source's user, or the relay's upstream */
  owner: string
  /** a Shoutcast source, which sets titles by Shoutcast's own request */
  isShoutcast?: boolean | undefined
  /** address that the bytes come from */
  address?: string | undefined
  /** the mount's maximum of listeners, if the feed or its mount sets one */
  maxListeners?: number | undefined
  /** called once when the feed is closed from outside: killed by the admin, silent for too long, or taken over */
  onClosed?: ((why: string) => void) | undefined
}

/** A source's connection or a relay writes to this. */
export interface Feed {
  /** Adds audio bytes, with ICY metadata already removed; they are copied, so the caller may reuse its memory. */
  push(bytes: Uint8Array): void
  /** Sets the title from the current byte position on. */
  setTitle(title: string, url?: string): void
  /** A relay lost its master: the mount and its listeners stay, waiting for {@link resume}. */
  interrupt(): void
  /** The mount continues with a new connection; the next bytes follow the last byte pushed before. */
  resume(info: FeedInfo): void
  /** The next bytes do not follow the last byte pushed before: an incomplete frame there is dropped. */
  breakOff(): void
  /** Ends the mount; its listeners are closed. */
  end(): void
}
