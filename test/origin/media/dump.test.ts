import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { strftime } from '../../../origin/media/dump.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { settingsOf } from '../../kit/parts/mount-settings.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { limitsWith } from '../../kit/parts/server-limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'distributary-'))
afterAll(() => rmSync(folder, { recursive: true }))
const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))

/** Feeds a mount with this dump file. */
function dumpTo(dumpFile: string) {
  const time = new ManualTime()
  const limits = limitsWith({ burst: { bytes: 0 } })
  const { mounts } = createState({ limits, mounts: settingsOf({ '/live': { dumpFile } }) }, time.nowMs, time)
  const info: FeedInfo = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' }
  const feed = mounts.open(mountOf('/live'), info)
  if (feed === 'in use') throw new Error('in use')
  feed.push(frames(0, 50))
  feed.push(frames(50, 50))
  return feed
}

describe('a dump file', () => {
  test('is a copy of what listeners get, appended to its previous content', async () => {
    const path = join(folder, 'copy.mp3')
    writeFileSync(path, 'before')
    dumpTo(path).end()
    const expected = Buffer.concat([Buffer.from('before'), frames(0, 100)])
    await eventually(() => readFileSync(path).equals(expected))
  })

  test('that cannot be written does not delay the mount', () => {
    const feed = dumpTo(join(folder, 'no', 'such', 'folder.mp3'))
    feed.push(frames(100, 50))
    feed.end()
  })

  test('has the time in its name, by strftime', () => {
    const at = new Date(2026, 0, 5, 15, 4, 9)
    expect(strftime('/a/%Y-%m-%d_%H%M%S_%j_%I%p_%a_%B_100%%_%Q.mp3', at)).toBe(
      '/a/2026-01-05_150409_005_03PM_Mon_January_100%_%Q.mp3',
    )
    expect(strftime('%F %T %y %b %A %e', at)).toBe('2026-01-05 15:04:09 26 Jan Monday  5')
  })
})
