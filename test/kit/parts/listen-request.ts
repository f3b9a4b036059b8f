import type { ListenRequest } from '../../../origin/listen/placement.ts'
import { mountOf } from './reports.ts'

/** A GET of /live.mp3 by a player. */
export const listenRequest = (with_: Partial<ListenRequest> = {}): ListenRequest => ({
  mount: mountOf('/live.mp3'),
  query: '',
  secure: false,
  userAgent: 'player/1',
  address: '192.0.2.1',
  relayLogin: false,
  head: false,
  range: undefined,
  ...with_,
})
