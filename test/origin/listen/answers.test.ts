import { expect, test } from 'vitest'
import { printStreamHead } from '../../../origin/listen/answers.ts'
import { originInMemory } from '../../kit/origin-app.ts'
import { mountOf } from '../../kit/reports.ts'

const headOf = (contentType: string) => {
  const { open, state } = originInMemory()
  open('/live', {}, { contentType })
  const mount = state.mounts.get(mountOf('/live'))
  if (!mount) throw new Error('no mount')
  return Buffer.from(printStreamHead('1.1', mount, false, []).bytes).toString('latin1')
}

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
