import { describe, expect, test } from 'vitest'
import { parseReply } from '../../../origin/report/reply.ts'

describe('the reply', () => {
  test('its wish, its drain and the URL of the edge are read', () => {
    expect(parseReply('accepted 2\ninterval 5\nstate draining\nedge https://edge.example\n')).toEqual({
      interval: 5,
      isDraining: true,
      edgeUrls: ['https://edge.example'],
      probe: undefined,
    })
  })

  test('the addresses of the edge are read, the first of each scheme', () => {
    const reply = parseReply(
      'accepted 0\nedge https://edge.example\nedge ftp://x\nedge http://edge.example:8000/\nedge http://second.example\n',
    )
    expect(reply?.edgeUrls).toEqual(['https://edge.example', 'http://edge.example:8000'])
  })

  test("the edge's finding about this server is read, and cannot forge a line of a log", () => {
    const probe = (line: string) => parseReply(`accepted 0\n${line}\n`)?.probe
    expect(probe('probe ok')).toBe('ok')
    expect(probe('probe failed http://a.example:8000 connection refused')).toEqual({
      url: 'http://a.example:8000',
      why: 'connection refused',
    })
    expect(probe('probe failed http://a.example:8000 {by}\u0007é')).toMatchObject({ why: 'by' })
    for (const line of ['', 'probe', 'probe failed', 'probe failed nothing', 'probe soon'])
      expect(probe(line)).toBeUndefined()
  })

  test('unknown lines and bad values have no effect; without `accepted` it is not a reply', () => {
    expect(parseReply('accepted 0\r\ninterval soon\r\nedge javascript:1\r\nnew thing\r\n')).toEqual({
      interval: undefined,
      isDraining: false,
      edgeUrls: [],
      probe: undefined,
    })
    expect(parseReply('<html>hello</html>')).toBeUndefined()
  })
})
