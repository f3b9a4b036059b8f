import { firstFrame, formatOf, headerLength, isContainer } from '../../format/formats.ts'
import type { Sink } from '../../icy/deinterleaver.ts'
import type { Feed } from '../../mount/feed.ts'
import type { ActiveMount } from '../../mount/mount.ts'
import { relayLimits } from '../limits.ts'
import { Splicer } from './splicer.ts'

type SeamMount = Pick<ActiveMount, 'header' | 'tail' | 'format'>

/** Creates the splicer that joins a new connection to a mount, by the rules of its format. */
export function seamAt(
  mount: SeamMount | undefined,
  feed: Pick<Feed, 'breakOff'>,
  contentType: string,
  passOn: Sink,
): Splicer {
  const tail = mount?.tail(relayLimits.tailBytes) ?? empty
  // the mount's real format, whatever this upstream announces
  const format = mount?.format ?? formatOf(contentType)
  if (isContainer(format)) {
    const lengthIn = (head: Uint8Array) => headerLength(format, head)
    return new Splicer(tail, passOn, { bytes: mount?.header ?? empty, lengthIn })
  }
  return new Splicer(tail, passOn, undefined, {
    firstIn: (burst) => firstFrame(format, burst),
    breakOff: () => feed.breakOff(),
  })
}

const empty = new Uint8Array()
