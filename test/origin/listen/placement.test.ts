import { describe, expect, test } from 'vitest'
import { rootMount } from '../../../origin/lib/root-mount.ts'
import { place, type Standing } from '../../../origin/listen/placement.ts'
import { listenRequest } from '../../kit/parts/listen-request.ts'

const playing = { listeners: 0, maxListeners: null, kbps: 128, interruptedAtMs: undefined }
const standing = (with_: Partial<Standing> = {}): Standing => ({
  id: 'relay1',
  mount: playing,
  listeners: 0,
  maxListeners: 10,
  bandwidthKbps: 0,
  maxBandwidthKbps: undefined,
  draining: false,
  leaving: false,
  edgeUrls: ['http://edge.example'],
  ...with_,
})
const full = { listeners: 10 }
const edgeless = { edgeUrls: [] }

describe('send-back (docs/protocol.md#send-back)', () => {
  test('a server with room serves the listener, no matter which decider redirected it', () => {
    expect(place(standing(), listenRequest())).toEqual({ serve: true })
    expect(place(standing(), listenRequest({ query: '?x=-' }))).toEqual({ serve: true })
  })

  test('a listener of / is not sent back: an edge serves its own page there', () => {
    const root = { mount: rootMount }
    expect(place(standing(), listenRequest(root))).toEqual({ serve: true })
    expect(place(standing(full), listenRequest(root))).toMatchObject({ serve: false, status: 403 })
  })

  test.each([
    ['mount not carried', { mount: undefined }, false],
    ['draining', { draining: true }, false],
    ['full', full, true],
    ['full mount', { mount: { ...playing, listeners: 2, maxListeners: 2 } }, true],
    ['full line', { bandwidthKbps: 900, maxBandwidthKbps: 1000 }, true],
  ])('%s: back to the edge with x=ID', (_, state, forRoom) => {
    expect(place(standing(state), listenRequest())).toMatchObject({
      serve: false,
      status: 302,
      location: 'http://edge.example/live.mp3?x=relay1',
      forRoom,
    })
  })

  test.each([
    [false, ['https://edge.example', 'http://edge.example:8000'], 'http://edge.example:8000'],
    [true, ['http://edge.example:8000', 'https://edge.example'], 'https://edge.example'],
    [false, ['https://edge.example'], 'https://edge.example'],
    [true, ['http://edge.example'], 'http://edge.example'],
  ])('a listener by https (%s) of an edge at %j is sent to %s', (secure, edgeUrls, edge) => {
    expect(place(standing({ ...full, edgeUrls }), listenRequest({ secure }))).toMatchObject({
      location: `${edge}/live.mp3?x=relay1`,
    })
  })

  test('a path without a mount may be a file, a path with a mount may not', () => {
    expect(place(standing({ mount: undefined }), listenRequest())).toMatchObject({ absent: true })
    expect(place(standing(full), listenRequest())).not.toHaveProperty('absent')
  })

  test('the query is kept, and an id is percent-encoded', () => {
    const placed = place(standing({ ...full, id: '[::1]:80' }), listenRequest({ query: '?a=1&b' }))
    expect(placed).toMatchObject({ location: 'http://edge.example/live.mp3?a=1&b&x=%5B%3A%3A1%5D%3A80' })
  })

  test.each(['?x=-', '?x=other', '?a=1&x=relay1', '?x='])(
    'a request with %s is refused, not sent back',
    (query) => {
      expect(place(standing(full), listenRequest({ query }))).toMatchObject({
        status: 403,
        text: 'max listeners reached',
      })
      expect(place(standing({ mount: undefined }), listenRequest({ query }))).toMatchObject({ status: 404 })
    },
  )

  test("without an edge: 404 and 403 in Icecast 2.4's words", () => {
    expect(place(standing({ ...edgeless, mount: undefined }), listenRequest())).toEqual({
      serve: false,
      status: 404,
      text: 'The file you requested could not be found',
      forRoom: false,
      absent: true,
    })
    expect(place(standing({ ...edgeless, ...full }), listenRequest())).toEqual({
      serve: false,
      status: 403,
      text: 'max listeners reached',
      forRoom: true,
    })
    expect(place(standing({ ...edgeless, draining: true }), listenRequest())).toMatchObject({
      status: 403,
      forRoom: false,
    })
  })

  test('--max-listeners 0 accepts none', () => {
    expect(place(standing({ ...edgeless, maxListeners: 0 }), listenRequest())).toMatchObject({ status: 403 })
  })

  test('a relay with credentials is served even if the server is full or draining, and never redirected', () => {
    const relay = listenRequest({ relayLogin: true })
    expect(place(standing({ ...full, draining: true }), relay)).toEqual({ serve: true })
    expect(place(standing({ mount: undefined }), relay)).toMatchObject({ status: 404 })
  })

  test('a server that is about to stop accepts no relay either: it would lose its stream at once (icecast-kh then waits 600 s)', () => {
    expect(place(standing({ leaving: true }), listenRequest({ relayLogin: true }))).toMatchObject({
      status: 403,
    })
  })

  test('a mount whose own feed is lost serves listeners, which wait with it, but no relay', () => {
    const lost = standing({ mount: { ...playing, interruptedAtMs: 5 }, ...edgeless })
    expect(place(lost, listenRequest())).toEqual({ serve: true })
    for (const relay of [{ relayLogin: true }, { userAgent: 'Icecast 2.4.4' }])
      expect(place(lost, listenRequest(relay))).toMatchObject({ status: 404, text: 'Mount unavailable' })
  })

  test('a relay identified only by User-Agent counts as a listener', () => {
    expect(
      place(standing({ ...full, ...edgeless }), listenRequest({ userAgent: 'Icecast 2.4.4' })),
    ).toMatchObject({
      status: 403,
    })
  })
})
