import type { Sender } from '../../kit/cluster/edge-client.ts'
import { secrets } from '../../kit/process/runtimes.ts'

export const masterSender: Sender = { user: 'master', password: 'master-secret' }
export const boundSender: Sender = { user: 'bound', password: 'bound-secret' }
export const nextSender: Sender = { user: 'relay', password: 'next-secret' }

/** Settings of the edge under test: two relay passwords as in a rotation, a master's, and a server's own. */
export const settings = {
  RELAY_PASSWORD: `${secrets.relay} ${nextSender.password}`,
  MASTER_PASSWORD: masterSender.password,
  RELAYS: `${boundSender.user}:${boundSender.password}`,
}
