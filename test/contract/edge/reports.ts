import { describe, expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { type EdgeClient, relaySender } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { boundSender, masterSender, nextSender } from './settings.ts'

const good = printSourcelist(
  reportOf('bad', { boot: 'b1', seq: 7, mounts: [mountReport('/bad.mp3'), mountReport('/worse.mp3')] }),
)
const swap = (from: string | RegExp, to: string) => {
  const text = good.replace(from, to)
  if (text === good) throw new Error(`${from} is not in the report`)
  return text
}
const line = (from: string) => swap('/bad.mp3 0 - 128 0 audio/mpeg', from)

/** Reports that are answered 400, and the text that the answer contains. */
const malformed: [name: string, text: string, named: RegExp][] = [
  ['an empty body', '', /line 1/],
  ['no blank line', good.split('\n\n')[0] ?? '', /line/],
  ['10,001 mounts', tooManyMounts(), /mounts is "10001".*10000/],
  ['fewer mounts than promised', swap('mounts: 2', 'mounts: 3'), /2 mount lines, expected the 3/],
  ['no url', swap(/url: .*\n/, ''), /url/],
  ['a url with a user', swap('http://bad', 'http://u:p@bad'), /line 6: url is/],
  ['a url with a path that no mount could have', swap('org:8000', 'org:8000/a//b'), /line 6: url is/],
  ['a url of another scheme', swap('http://bad', 'ftp://bad'), /line 6: url is/],
  ['nine urls', swap(/(url: .*\n)/, '$1'.repeat(limits.reportUrlsMax + 1)), /url/],
  ['interval NaN', swap('interval: 10', 'interval: NaN'), /interval is "NaN", expected an integer/],
  ['interval 0', swap('interval: 10', 'interval: 0'), /interval is "0"/],
  ['interval 3601', swap('interval: 10', 'interval: 3601'), /interval is "3601"/],
  ['negative listeners', swap('\nlisteners: 0', '\nlisteners: -1'), /listeners is "-1"/],
  ['a fraction', swap('\nlisteners: 0', '\nlisteners: 1.5'), /listeners is "1.5"/],
  ['huge listeners', swap('\nlisteners: 0', '\nlisteners: 9007199254740992'), /listeners is "9007/],
  ['listeners twice', swap('\nlisteners: 0', '\nlisteners: 0\nlisteners: 0'), /listeners appears twice/],
  ['a role of its own', swap('role: slave', 'role: king'), /role is "king", expected slave or master/],
  ['an id with a slash', swap('id: bad', 'id: b/d'), /line 2: id is "b\/d"/],
  ['a mount twice', swap('/worse.mp3', '/bad.mp3'), /\/bad.mp3 appears twice/],
  ['a mount with ..', line('/../bad.mp3 0 - 128 0 audio/mpeg'), /mount is "\/\.\.\/bad.mp3"/],
  ['a mount with //', line('//bad.mp3 0 - 128 0 audio/mpeg'), /mount is/],
  ['a mount with %2F', line('/a%2Fb 0 - 128 0 audio/mpeg'), /mount is/],
  ['a mount with CR LF', line('/bad%0d%0aSet-Cookie:x 0 - 128 0 audio/mpeg'), /mount is/],
  ['a mount with NUL', line('/bad%00.mp3 0 - 128 0 audio/mpeg'), /mount is/],
  ['a raw NUL in a mount', line('/bad\0.mp3 0 - 128 0 audio/mpeg'), /mount is/],
  ['a mount of 64 KiB', line(`/${'a'.repeat(65_536)} 0 - 128 0 audio/mpeg`), /mount is "\/aaa/],
  ["a mount that is the edge's own path", line('/api/servers 0 - 128 0 audio/mpeg'), /mount is/],
  ['bad numbers of a mount', line('/bad.mp3 x - 128 0 audio/mpeg'), /listeners is "x"/],
  [
    'a mount line cut short',
    line('/bad.mp3 0 -'),
    /expected "mount listeners max kbit\/s joins content-type"/,
  ],
]

function tooManyMounts(): string {
  const lines = Array.from({ length: limits.reportMountsMax + 1 }, (_, i) => `/m${i} 0 - 128 0 audio/mpeg`)
  return `${good.split('\n\n')[0]?.replace('mounts: 2', `mounts: ${lines.length}`)}\n\n${lines.join('\n')}\n`
}

/** The answers to reports; a rejected report leaves no trace (docs/protocol.md#answers-to-a-report). */
export function reportContract(client: () => EdgeClient): void {
  /** Runs it, and expects every server to be unchanged. */
  const unchanged = async (run: () => Promise<unknown>) => {
    const before = await client().held()
    await run()
    expect(await client().held()).toEqual(before)
  }
  const expectAnswer = async (response: Response, status: number, text: RegExp) => {
    const body = await response.text()
    expect(body).toMatch(text)
    expect(response.status, body).toBe(status)
  }

  describe('a report', () => {
    test('S8, S9: is answered 200 with what was accepted, a wish, the state, and the edge', async () => {
      const response = await client().report(reportOf('accepted'))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
      const lines = (await response.text()).split('\n')
      expect(lines).toEqual([
        'accepted 1',
        expect.stringMatching(/^interval \d+$/),
        'state up',
        expect.anything(),
        '',
      ])
      expect(lines[3]).toMatch(/^edge http:\/\/(127\.0\.0\.1|localhost):\d+$/)
      expect(await client().server('accepted')).toMatchObject({ mounts: ['/live.mp3'], out: null, free: 100 })
    })

    test('with CR LF, unknown names and no id is the same report', async () => {
      const text = printSourcelist(reportOf('plain'))
        .replace('id: plain\n', 'colour: blue\n')
        .replaceAll('\n', '\r\n')
      expect((await client().report(text)).status).toBe(200)
      expect(await client().server('plain.example.org:8000')).toMatchObject({ mounts: ['/live.mp3'] })
    })

    test('takes a server out at once if its state is leaving', async () => {
      await client().report(reportOf('leaver', { mounts: [mountReport('/leaver.mp3')] }))
      expect((await client().ask('/leaver.mp3', { method: 'HEAD' })).status).toBe(302)
      const leaving = reportOf('leaver', { mounts: [mountReport('/leaver.mp3')], state: 'leaving' })
      expect((await client().report(leaving)).status).toBe(200)
      expect((await client().ask('/leaver.mp3', { method: 'HEAD' })).status).toBe(503)
      expect(await client().server('leaver')).toMatchObject({ out: 'leaving' })
    })

    test('without credentials or with wrong ones is answered 401, whatever else is wrong with it', async () => {
      await unchanged(async () => {
        for (const sender of [
          { user: 'relay', password: 'wrong' },
          { user: 'admin', password: relaySender.password },
          { user: '', password: '' },
        ]) {
          const response = await client().report('x', sender, 'audio/mpeg')
          expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
          await expectAnswer(response, 401, /credentials/)
        }
        expect((await client().ask('/admin/sourcelist.txt', { method: 'POST' })).status).toBe(401)
      })
    })

    test('of role master is accepted only from the master, if it has a password', async () => {
      const master = reportOf('crown', { role: 'master' })
      await unchanged(async () => expectAnswer(await client().report(master), 401, /role is "master"/))
      expect((await client().report(master, masterSender)).status).toBe(200)
    })

    test('of an id that has its own password is accepted only with it, and that password for no other id', async () => {
      const { user: id } = boundSender
      await unchanged(async () => {
        await expectAnswer(await client().report(reportOf(id)), 401, /expected the credentials of that id/)
        await expectAnswer(
          await client().report(reportOf(id), masterSender),
          401,
          /expected the credentials of that id/,
        )
        await expectAnswer(await client().report(reportOf('other'), boundSender), 401, /expected "bound"/)
        const crowned = reportOf(id, { role: 'master' })
        await expectAnswer(await client().report(crowned, boundSender), 401, /role is "master"/)
      })
      expect((await client().report(reportOf(id), boundSender)).status).toBe(200)
    })

    test('is accepted with either password during a rotation', async () => {
      for (const sender of [relaySender, nextSender])
        expect((await client().report(reportOf('rotating'), sender)).status).toBe(200)
    })

    test('of a server on loopback is accepted from loopback', async () => {
      const local = reportOf('local', { urls: ['http://127.0.0.1:8001', 'http://localhost:8001'] })
      expect((await client().report(local)).status).toBe(200)
    })

    test('that is not text/plain is answered 415', async () => {
      await unchanged(async () => {
        for (const type of ['audio/mpeg', 'text/plainer', 'application/x-www-form-urlencoded'])
          await expectAnswer(await client().report(good, relaySender, type), 415, /expected text\/plain/)
      })
    })

    test('of 1 MiB is read, one byte more is answered 413', async () => {
      const padded = (bytes: number) => good.replace('\n', `\npad: ${'x'.repeat(bytes - good.length - 6)}\n`)
      await unchanged(async () =>
        expectAnswer(await client().report(padded(limits.reportBytesMax + 1)), 413, /larger than 1048576/),
      )
      expect((await client().report(padded(limits.reportBytesMax))).status).toBe(200)
      await client().asAdmin('/api/servers/bad', 'DELETE')
    })

    test('that is not UTF-8 is answered 400', async () => {
      const bytes = new Uint8Array([...new TextEncoder().encode(good), 0xff, 0x0a])
      await unchanged(async () => expectAnswer(await client().report(bytes), 400, /UTF-8/))
    })

    test.each(malformed)('with %s is answered 400, naming the line', async (_, text, named) => {
      await unchanged(async () => expectAnswer(await client().report(text), 400, named))
    })

    test('cut off at any byte is answered 400', async () => {
      await unchanged(async () => {
        for (let end = 0; end < good.length; end += 16) {
          const ends = Array.from({ length: Math.min(16, good.length - end) }, (_, i) => end + i)
          const answers = await Promise.all(ends.map((each) => client().report(good.slice(0, each))))
          for (const answer of answers) await expectAnswer(answer, 400, /line \d+/)
        }
      })
    })

    test('older than one of the same boot, or of a boot that was replaced, is answered 409', async () => {
      const ordered = (boot: string, seq: number) => reportOf('ordered', { boot, seq, listeners: seq })
      expect((await client().report(ordered('b1', 5))).status).toBe(200)
      expect((await client().report(ordered('b1', 5))).status, 'the same again').toBe(200)
      await unchanged(async () => expectAnswer(await client().report(ordered('b1', 4)), 409, /seq 4/))
      expect((await client().report(ordered('b2', 1))).status).toBe(200)
      await unchanged(async () => expectAnswer(await client().report(ordered('b1', 6)), 409, /boot b1/))
    })

    test('of an id that a live server elsewhere holds is answered 409', async () => {
      expect((await client().report(reportOf('held'))).status).toBe(200)
      const thief = reportOf('held', { urls: ['http://thief.example.org:8000'] })
      await unchanged(async () => expectAnswer(await client().report(thief), 409, /held/))
    })
  })
}
