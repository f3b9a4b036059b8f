import { expect, test } from 'vitest'
import { mountSettings } from '../../../origin/config/mount-settings.ts'
import { printStreamHead } from '../../../origin/listen/answers.ts'
import { isHlsOff } from '../../../origin/mount/hls-off.ts'
import { originInMemory } from '../../kit/parts/origin-app.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const headOf = (contentType: string) => {
  const { open, state } = originInMemory()
  open('/live', {}, { contentType })
  const mount = state.mounts.get(mountOf('/live'))
  if (!mount) throw new Error('no mount')
  return Buffer.from(printStreamHead('1.1', mount, false, []).bytes).toString('latin1')
}

test('a relay is told where a mount has no HLS, a listener is not', () => {
  const { open, state } = originInMemory('<mount><mount-name>/off</mount-name><hls>off</hls></mount>')
  const heads = ['/off', '/live'].flatMap((name) => {
    open(name)
    const mount = state.mounts.get(mountOf(name))
    if (!mount) throw new Error('no mount')
    const forRelay = printStreamHead('1.1', mount, false, [], '1.1 a')
    return [forRelay, printStreamHead('1.1', mount, false, [])]
  })
  const told = heads.map(({ bytes }) => Buffer.from(bytes).toString('latin1').includes('\r\nHLS: off\r\n'))
  expect(told).toEqual([true, false, false, false])
})

test('a slave has no HLS where its master has none; the word of a source is none', () => {
  const { open, state, stats } = originInMemory()
  const isOff = (name: string, kind: 'source' | 'relay', value: string) => {
    open(name, { hls: value }, { kind })
    return isHlsOff(mountSettings(stats.config, mountOf(name)), state.mounts.get(mountOf(name)))
  }
  expect([isOff('/a', 'relay', 'off'), isOff('/b', 'relay', 'on'), isOff('/c', 'source', 'off')]).toEqual([
    true,
    false,
    false,
  ])
  expect(isHlsOff({ hls: 'off' }, undefined)).toBe(true)
})

test.each(['text/html', 'text/html; charset=utf-8', 'image/svg+xml', 'application/xml', 'audio', 'x'])(
  "a source's stream of %s runs no script as a page of this server",
  (type) => {
    expect(headOf(type)).toContain('\r\nContent-Security-Policy: sandbox\r\n')
    expect(headOf(type)).toContain('\r\nX-Content-Type-Options: nosniff\r\n')
  },
)

test.each(['audio/mpeg', 'Audio/AAC', 'video/webm', 'application/ogg', 'application/ogg; codecs=opus'])(
  'a stream of %s keeps its headers',
  (type) => expect(headOf(type)).not.toContain('Content-Security-Policy'),
)
