import { describe, expect, test } from 'vitest'
import { openSession } from '../../../shared/cluster/open-session.ts'
import { viewOf } from '../../kit/draws.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/reports.ts'

const listener = {
  mount: mountOf('/live.mp3'),
  query: '',
  sender: { secure: false, address: '192.0.2.1' },
}
const deps = {
  config: { httpsOnly: false },
  nowMs: () => 0,
  roll: seededRoll(1),
  redirected: () => {},
}
const player = { head: false, userAgent: 'player', range: undefined }
const saying = (about?: object) => ({ mounts: [mountReport('/live.mp3', { about })] })

describe('whether a mount is an HLS stream', () => {
  const slave = serverOf('slave', saying())
  // its stats have a peak, and Icecast does not know HLS
  const polled = serverOf('polled', saying({ peak: 3 }), { polled: true })

  test('is not told by the stats of a polled slave, while its master is gone', () => {
    expect(typeof openSession(viewOf(slave, polled), listener, deps, player)).toBe('function')
  })

  test('is not told by them either where its master is an older version, which says nothing', () => {
    const master = serverOf('master', { role: 'master', ...saying() })
    expect(typeof openSession(viewOf(slave, polled, master), listener, deps, player)).toBe('function')
  })

  test('is not denied while its master is gone and no server that is left knows its content type', () => {
    const idle = serverOf('slave', { mounts: [mountReport('/live.mp3', { contentType: '' })] })
    expect(typeof openSession(viewOf(idle), listener, deps, player)).toBe('function')
    const other = serverOf('slave', { mounts: [mountReport('/live.mp3', { contentType: 'audio/x-other' })] })
    expect(openSession(viewOf(other), listener, deps, player)).toBe('not packaged')
  })

  test('is told by its master, reporting or polled', () => {
    const off = serverOf('master', { role: 'master', ...saying({ peak: 3 }) })
    const stock = serverOf('master', { role: 'master', ...saying({ peak: 3 }) }, { polled: true })
    for (const master of [off, stock])
      expect(openSession(viewOf(slave, master), listener, deps, player)).toBe('not packaged')
  })
})
