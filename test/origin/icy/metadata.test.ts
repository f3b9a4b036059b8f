import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeMetadata, encodeMetadata } from '../../../origin/icy/metadata.ts'

const textOf = (block: Uint8Array) => Buffer.from(block.subarray(1)).toString()

describe('a metadata block', () => {
  test('has its length in units of 16, its text, and at least one NUL', () => {
    expect(textOf(encodeMetadata({ title: '', url: undefined }))).toBe("StreamTitle='';\0")
    const block = encodeMetadata({ title: 'x'.repeat(17), url: undefined }) // 32 bytes of text
    expect(block[0]).toBe(3)
    expect(block).toHaveLength(1 + 48)
    expect(textOf(encodeMetadata({ title: 'A - T', url: 'http://u/' }))).toMatch(
      /^StreamTitle='A - T';StreamUrl='http:\/\/u\/';\0+$/,
    )
  })

  test('cannot be ended by its title', () => {
    const block = encodeMetadata({ title: "it's a 'test'; x';y", url: undefined })
    expect(textOf(block).split("';")).toHaveLength(2)
    expect(decodeMetadata(block.subarray(1))?.title).toBe("it's a 'test’; x’;y")
  })

  test('is cut between characters if the title is too long', () => {
    const block = encodeMetadata({ title: 'ü'.repeat(5000), url: undefined })
    expect(block).toHaveLength(1 + 4080)
    expect(decodeMetadata(block.subarray(1))?.title).toMatch(/^ü{2000,}$/)
  })

  test('leaves out a URL that would take the place of the title: half of one leads nowhere', () => {
    const told = (url: string) => decodeMetadata(encodeMetadata({ title: 'Sigur Rós', url }).subarray(1))
    expect(told(`http://a/${'ü'.repeat(900)}`)?.url).toHaveLength(909)
    for (const length of [1100, 3000, 9000])
      expect(told(`http://a/${'ü'.repeat(length)}`)).toEqual({ title: 'Sigur Rós', url: undefined })
    const full = encodeMetadata({ title: 'x'.repeat(5000), url: 'u' })
    expect(full).toHaveLength(1 + 4080)
    expect(decodeMetadata(full.subarray(1))?.url).toBe('u')
  })

  test('is decoded as UTF-8, else as latin1, with quotes in it', () => {
    const decoded = (text: string, encoding: BufferEncoding = 'utf8') =>
      decodeMetadata(Buffer.from(text, encoding))
    expect(decoded("StreamTitle='Sigur Rós';\0\0")?.title).toBe('Sigur Rós')
    expect(decoded("StreamTitle='Sigur Rós';\0", 'latin1')?.title).toBe('Sigur Rós')
    expect(decoded("StreamTitle='it's a 'test'; x';StreamUrl='u';")).toEqual({
      title: "it's a 'test'; x",
      url: 'u',
    })
    expect(decoded("StreamUrl='u';")).toBeUndefined()
  })

  test('decodes to the encoded title', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !/[\0\r\n]|';/.test(value))
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (title, url) => {
        expect(decodeMetadata(encodeMetadata({ title, url }).subarray(1))).toEqual({ title, url })
      }),
    )
  })
})
