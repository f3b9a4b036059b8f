import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import { withoutLogins } from '../../../shared/http/without-logins.ts'
import { messageOf } from '../../../shared/message-of.ts'

describe('text for people', () => {
  test.each([
    [
      '--master is "http://ann:geheim@h:8000", expected http://host:port',
      '--master is "http://…@h:8000", expected http://host:port',
    ],
    ['http://a b"c@d@h', 'http://…@h'],
    ['http://@h', 'http://…@h'],
    ['ask ops@example.org', 'ask ops@example.org'],
    ['ask ops@example.org of http://h', 'ask ops@example.org of http://h'],
    ['one http://h\ntwo https://u:p@h', 'one http://h\ntwo https://…@h'],
    ['nothing', 'nothing'],
  ])('shows no user and password of a URL: %j', (text, shown) => expect(withoutLogins(text)).toBe(shown))
})

describe('the message about a bad value at the start', () => {
  const complaintOf = (start: () => unknown) => {
    try {
      start()
    } catch (error) {
      return messageOf(error)
    }
    throw new Error('it started')
  }
  const url = 'http://ann:geheim@h.example/x'
  test.each([
    [['--master', url]],
    [['--edge', url]],
    [['--public-url', url]],
    [[`--id=${url}`]],
    [[url]],
    [[`--nothing=${url}`]],
  ])('has no password of %j', (args) => {
    const message = complaintOf(() =>
      createConfig({ flags: parseFlags(args).settings, environment: {}, file: undefined }),
    )
    expect(message).not.toContain('geheim')
  })
})
