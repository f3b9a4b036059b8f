/** How a browser plays a mount: by hls.js, by its own HLS, or the plain mount without HLS. */
export type PlayerWay = 'hls.js' | 'native' | 'plain'

/** What a browser can do. */
export interface Abilities {
  /** Media Source Extensions with MP3 or AAC, or with fragmented MP4: what hls.js needs */
  mediaSource: boolean
  /**
   * HLS with content steering, which only Apple's own player has. Chromium says `maybe` to a playlist as well, and follows no steering.
   */
  appleHls: boolean
}

/** The ways to play a mount, the best first. @param isPackaged the mount is an HLS stream too */
export function waysOf({ mediaSource, appleHls }: Abilities, isPackaged: boolean): PlayerWay[] {
  const ways: PlayerWay[] = []
  if (isPackaged && appleHls) ways.push('native')
  else if (isPackaged && mediaSource) ways.push('hls.js')
  return [...ways, 'plain']
}
