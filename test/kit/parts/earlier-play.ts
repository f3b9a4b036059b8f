import type { Play } from '../../../shared/history/play-log.ts'
import { live } from './draws.ts'

/** A play that was under way when the program ended. */
export const earlierPlay: Play = {
  mount: live,
  artist: undefined,
  title: 'One',
  startMs: 5,
  seconds: 7,
  listenersAtStart: 1,
  peak: 1,
  listeningSeconds: 7,
}
