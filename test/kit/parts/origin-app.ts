import { originApp } from '../../../origin/app.ts'
import { MountAuth } from '../../../origin/auth/mount-auth.ts'
import { createConfig } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import type { Feed, FeedInfo } from '../../../origin/mount/feed.ts'
import { createState, type OriginState } from '../../../origin/state.ts'
import type { StatsDeps } from '../../../origin/stats/tree.ts'
import type { RequestFacts } from '../../../shared/api/routes.ts'
import type { Mount } from '../../../shared/mount.ts'
import { basic } from '../audio/source.ts'
import { ManualTime } from '../base/manual-time.ts'
import { mountOf } from './reports.ts'

const passwords = `<authentication><source-password>s</source-password><relay-password>r</relay-password>
  <admin-password>a</admin-password></authentication><hostname>radio.example</hostname>`

export interface OriginInMemory {
  state: OriginState
  stats: StatsDeps
  time: ManualTime
  /** Begins a mount with these headers of its source. */
  open(name: string, headers?: Record<string, string>, info?: Partial<FeedInfo>): Feed
  /** Asks with these credentials, `user:password`; as nobody where there are none. */
  ask(path: string, login?: string, init?: RequestInit, facts?: RequestFacts): Promise<Response>
}

/** An origin's answers that are not a stream, without sockets and on an injected clock. `elements` are of its icecast.xml. */
export function originInMemory(elements = '', idle: readonly Mount[] = []): OriginInMemory {
  const time = new ManualTime()
  const file = parseIcecastXml(`<icecast>${passwords}${elements}</icecast>`)
  const config = createConfig({ flags: {}, environment: {}, file })
  const state = createState(config, time.nowMs, time)
  const auth = new MountAuth({ config, nowMs: time.nowMs, timers: time, fetch })
  const deciders = () => [{ url: 'https://edge.example', isAnswering: true }]
  const stats = { config, state, idle: () => idle, deciders }
  const app = originApp({ ...stats, nowMs: time.nowMs, auth })
  return {
    state,
    stats,
    time,
    open(name, headers = {}, info = {}) {
      const feed = state.mounts.open(mountOf(name), {
        kind: 'source',
        contentType: 'audio/mpeg',
        headers: new Map(Object.entries(headers)),
        owner: 'source',
        address: '192.0.2.9',
        ...info,
      })
      if (feed === 'in use') throw new Error(`${name} is in use`)
      return feed
    },
    async ask(
      path,
      login,
      init = {},
      facts = { address: '192.0.2.9', secure: false, base: 'http://radio.example:8000' },
    ) {
      const headers = new Headers(init.headers)
      const [user = '', password = ''] = login?.split(':') ?? []
      if (login !== undefined) headers.set('Authorization', basic(user, password))
      return app.fetch(new Request(`http://origin${path}`, { ...init, headers }), facts)
    },
  }
}
