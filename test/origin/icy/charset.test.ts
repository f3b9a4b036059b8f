import { describe, expect, test } from 'vitest'
import { encoderFor } from '../../../origin/icy/charset.ts'
import { encodeMetadata } from '../../../origin/icy/metadata.ts'

describe('the charset of titles (docs/icecast.md#icy-metadata)', () => {
  const textOf = (title: string, charset: string | undefined) => {
    const block = encodeMetadata({ title, url: undefined }, encoderFor(charset))
    return Buffer.from(block.subarray(1)).toString('latin1').replace(/\0+$/, '')
  }
  test.each([
    [undefined, 'Café', "StreamTitle='Caf\xc3\xa9';"],
    ['UTF-8', 'Café', "StreamTitle='Caf\xc3\xa9';"],
    ['ISO8859-1', 'Café', "StreamTitle='Caf\xe9';"],
    ['iso-8859-1', 'Ж', "StreamTitle='?';"],
    ['windows-1251', 'Жук', "StreamTitle='\xc6\xf3\xea';"],
    ['Shift_JIS', 'é', "StreamTitle='\xc3\xa9';"],
    ['no-such-charset', 'é', "StreamTitle='\xc3\xa9';"],
  ])('%s: %s is told as %j', (charset, title, told) => {
    expect(textOf(title, charset)).toBe(told)
  })
})
