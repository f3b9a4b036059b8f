import { describe, expect, test } from 'vitest'
import { createConfig, reload } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import { Directories } from '../../../origin/directories/directories.ts'
import { addForm, type PublicStream, removeForm, touchForm } from '../../../origin/directories/form.ts'
import { readReply } from '../../../origin/directories/reply.ts'
import type { FeedInfo } from '../../../origin/mount/feed.ts'
import { createState } from '../../../origin/state.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const stream: PublicStream = {
  name: 'My Radio',
  genre: 'rock',
  description: 'D & é',
  url: 'http://u/',
  listenUrl: 'http://h:8000/m',
  contentType: 'audio/mpeg',
  subtype: '',
  bitrate: '128',
  audioInfo: 'ice-bitrate=128',
  song: 'A - a',
  listeners: 3,
  maxListeners: 60,
}

describe('the protocol of Icecast 2.4 with a directory', () => {
  test('the request to be listed', () => {
    expect(addForm(stream)).toBe(
      'action=add&sn=My%20Radio&genre=rock&cpswd=&desc=D%20%26%20%c3%a9&url=http%3a%2f%2fu%2f&listenurl=http%3a%2f%2fh%3a8000%2fm&type=audio%2fmpeg&stype=&b=128&ice%2dbitrate%3d128\r\n',
    )
  })

  test('the requests while a mount plays, and when it ends', () => {
    expect(touchForm('12-3.4', stream)).toBe(
      'action=touch&sid=12-3.4&st=A%20%2d%20a&listeners=3&max_listeners=60&stype=\r\n',
    )
    expect(removeForm('123')).toBe('action=remove&sid=123')
  })

  test('the answer', () => {
    const taken = new Headers({ YPResponse: '1', YPMessage: 'Added', SID: '42', TouchFreq: '250' })
    expect(readReply(taken, 200)).toEqual({ accepted: true, sid: '42', touchMs: 250_000 })
    expect(readReply(new Headers({ YPResponse: '1', TouchFreq: 'often' }), 200)).toEqual({
      accepted: true,
      sid: undefined,
      touchMs: undefined,
    })
    const refused = new Headers({ YPResponse: '0', YPMessage: 'Could not reach you' })
    expect(readReply(refused, 200)).toEqual({ accepted: false, why: 'Could not reach you' })
    expect(readReply(new Headers(), 503)).toEqual({ accepted: false, why: 'HTTP 503' })
  })
})

const directoryUrl = 'http://dir.example.org/yp'
const xml = (mounts: string, directories = `<yp-url>${directoryUrl}</yp-url>`) => `<icecast>
  <hostname>radio.example.org</hostname><limits><clients>77</clients></limits>
  <directory><yp-url-timeout>5</yp-url-timeout>${directories}</directory>${mounts}
</icecast>`
const configOf = (text: string) => {
  const { warnings: _, ...file } = parseIcecastXml(text)
  return createConfig({ flags: {}, environment: {}, file })
}

/** The answer of a directory to the next request; `down`: none. */
type Answers = Record<string, string> | 'down'
const listed = { YPResponse: '1', SID: '42', TouchFreq: '200' }

/** A server with a directory that records its requests, with their times (s). */
function serverWithDirectory(mounts = '') {
  const time = new ManualTime()
  const config = configOf(xml(mounts))
  const state = createState(config, time.nowMs, time)
  const told: { atS: number; action: string; form: URLSearchParams; url: string }[] = []
  const directory: { answers: Answers } = { answers: listed }
  const fetch = (async (url: string | URL | Request, init?: RequestInit) => {
    const form = new URLSearchParams(String(init?.body).trim())
    told.push({ atS: time.nowMs() / 1000, action: form.get('action') ?? '', form, url: String(url) })
    if (directory.answers === 'down') throw new TypeError('fetch failed')
    return new Response(null, { headers: directory.answers })
  }) as typeof globalThis.fetch
  const directories = new Directories({
    config,
    mounts: state.mounts,
    timers: time,
    nowMs: time.nowMs,
    fetch,
  })
  directories.start()
  const open = (name: string, headers: Record<string, string> = { 'ice-public': '1' }) => {
    const info: FeedInfo = {
      kind: 'source',
      contentType: 'audio/mpeg',
      headers: new Map(Object.entries(headers)),
      owner: 'source',
    }
    const feed = state.mounts.open(mountOf(name), info)
    if (feed === 'in use') throw new Error('in use')
    return feed
  }
  /** times and actions since the last call */
  const actions = () => told.splice(0).map(({ atS, action }) => `${atS} ${action}`)
  return { time, state, config, told, directory, directories, open, actions }
}

describe('a public mount and its directory, with the times of Icecast 2.4', () => {
  test('is added after a minute, touched 5 s later, then as often as the directory asks, and removed when it ends', async () => {
    const { time, open, actions, told } = serverWithDirectory()
    const feed = open('/live.mp3', { 'ice-public': '1', 'ice-name': 'Radio', 'ice-bitrate': '96' })
    await time.pass(59_000)
    expect(actions()).toEqual([])
    await time.pass(1000)
    expect(Object.fromEntries(told[0]?.form ?? [])).toMatchObject({
      action: 'add',
      sn: 'Radio',
      listenurl: 'http://radio.example.org:8000/live.mp3',
      type: 'audio/mpeg',
      b: '96',
    })
    await time.pass(410_000)
    expect(actions()).toEqual(['60 add', '65 touch', '265 touch', '465 touch'])
    feed.end()
    await time.pass(1000)
    expect(told[0]?.form.get('sid')).toBe('42')
    expect(actions()).toEqual(['471 remove'])
  })

  test('is never listed if it ends before that', async () => {
    const { time, open, actions } = serverWithDirectory()
    const feed = open('/live.mp3')
    await time.pass(30_000)
    feed.end()
    await time.pass(100_000)
    expect(actions()).toEqual([])
  })

  test('that ended and began again is added again', async () => {
    const { time, open, actions } = serverWithDirectory()
    const feed = open('/live.mp3')
    await time.pass(70_000)
    feed.end()
    open('/live.mp3')
    await time.pass(65_000)
    expect(actions()).toEqual(['60 add', '65 touch', '71 remove', '130 add', '135 touch'])
  })

  test('a new title is sent 3 s later, and at most once a minute', async () => {
    const { time, open, actions, told } = serverWithDirectory()
    const feed = open('/live.mp3')
    await time.pass(140_000)
    actions()
    feed.setTitle('A - one')
    await time.pass(4000)
    expect(told[0]?.form.get('st')).toBe('A - one')
    expect(actions()).toEqual(['144 touch'])
    feed.setTitle('A - two')
    feed.setTitle('A - three')
    await time.pass(100_000)
    expect(told[0]?.form.get('st')).toBe('A - three')
    expect(actions()).toEqual(['204 touch'])
  })

  test('listeners are sent, and the limit of the server if the mount has none', async () => {
    const { time, open, told } = serverWithDirectory()
    open('/live.mp3')
    await time.pass(66_000)
    const touch = told.find(({ action }) => action === 'touch')
    expect(touch?.form.get('listeners')).toBe('0')
    expect(touch?.form.get('max_listeners')).toBe('77')
  })

  test('a directory that refuses is asked again after two hours, one that is down after 20 minutes', async () => {
    const { time, open, actions, directory } = serverWithDirectory()
    directory.answers = { YPResponse: '0', YPMessage: 'no' }
    open('/live.mp3')
    await time.pass(60_000)
    directory.answers = 'down'
    await time.pass(7_200_000 + 1_200_000)
    expect(actions()).toEqual(['60 add', '7260 add', '8460 add'])
  })

  test('a directory that has forgotten us is asked to add us again, after 20 minutes', async () => {
    const { time, open, actions, directory } = serverWithDirectory()
    open('/live.mp3')
    await time.pass(70_000)
    directory.answers = { YPResponse: '0', YPMessage: 'SID unknown' }
    await time.pass(200_000)
    directory.answers = { ...listed, SID: '43' }
    await time.pass(1_210_000)
    expect(actions()).toEqual(['60 add', '65 touch', '265 touch', '1465 add', '1470 touch'])
  })

  test('an answer without a SID does not count as listed', async () => {
    const { time, open, actions, directory } = serverWithDirectory()
    directory.answers = { YPResponse: '1' }
    open('/live.mp3')
    await time.pass(600_000)
    expect(actions()).toEqual(['60 add'])
  })

  test('touches are never more frequent than every 30 s', async () => {
    const { time, open, actions, directory } = serverWithDirectory()
    directory.answers = { ...listed, TouchFreq: '1' }
    open('/live.mp3')
    await time.pass(130_000)
    expect(actions()).toEqual(['60 add', '65 touch', '95 touch', '125 touch'])
  })
})

describe('which mounts are public', () => {
  const block = (name: string, inner: string) => `<mount><mount-name>${name}</mount-name>${inner}</mount>`

  test.each([
    ['the source says so', '', { 'ice-public': '1' }, true],
    ['a Shoutcast source says so', '', { 'icy-pub': '1' }, true],
    ['the source says it is not', '', { 'ice-public': '0' }, false],
    ['nobody says', '', {}, false],
    ['the operator says so', '<public>1</public>', { 'ice-public': '0' }, true],
    ['the operator says it is not', '<public>0</public>', { 'ice-public': '1' }, false],
    ['it is hidden', '<public>1</public><hidden>1</hidden>', {}, false],
  ])('%s', async (_, inner, headers, isPublic) => {
    const { time, open, actions } = serverWithDirectory(block('/live.mp3', inner))
    open('/live.mp3', headers)
    await time.pass(60_000)
    expect(actions()).toEqual(isPublic ? ['60 add'] : [])
  })

  test('a mount that the operator makes private while it plays is removed', async () => {
    const { time, open, actions, config } = serverWithDirectory()
    open('/live.mp3')
    await time.pass(70_000)
    reload(config, configOf(xml(block('/live.mp3', '<public>0</public>'))))
    await time.pass(10_000)
    expect(actions()).toEqual(['60 add', '65 touch', '71 remove'])
  })
})

describe('the directories of a server', () => {
  test('each one is told; one that is configured later is told of mounts that play already', async () => {
    const { time, open, told, config } = serverWithDirectory()
    open('/live.mp3')
    await time.pass(70_000)
    const other = 'http://other.example.org/'
    reload(config, configOf(xml('', `<yp-url>${directoryUrl}</yp-url><yp-url>${other}</yp-url>`)))
    await time.pass(1000)
    expect(told.filter(({ url }) => url === other).map(({ action }) => action)).toEqual(['add'])
    reload(config, configOf(xml('', `<yp-url>${other}</yp-url>`)))
    await time.pass(1000)
    expect(told.at(-1)).toMatchObject({ url: directoryUrl, action: 'remove' })
  })

  test('SIGTERM: every mount is removed from the lists, and nothing is sent afterwards', async () => {
    const { time, open, actions, directories } = serverWithDirectory()
    open('/a.mp3')
    open('/b.mp3')
    await time.pass(61_000)
    await directories.leave()
    await time.pass(600_000)
    expect(actions()).toEqual(['60 add', '60 add', '61 remove', '61 remove'])
  })
})
