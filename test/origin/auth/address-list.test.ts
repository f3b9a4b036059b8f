import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AddressGate } from '../../../origin/auth/address-gate.ts'
import { parseAddressList } from '../../../origin/auth/address-list.ts'
import { noPaths } from '../../../origin/config/xml/path-settings.ts'
import { testFolder } from '../../kit/process/files.ts'

describe('lists of addresses (Icecast: deny-ip, allow-ip)', () => {
  const list = parseAddressList(
    [
      '# office',
      '192.0.2.7',
      ' 2001:DB8:0::1 # with a remark',
      '',
      '198.51.100.0/24',
      '2001:db8:1::/48',
      '203.0.113.*',
      '10.0.?.1',
    ].join('\r\n'),
  )

  test.each([
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '2001:db8::1',
    '198.51.100.255',
    '2001:db8:1::5',
    '203.0.113.9',
    '10.0.3.1',
  ])('contain %s, in full, in a block or by a wildcard', (address) => {
    expect(list.has(address)).toBe(true)
  })

  test.each([
    '192.0.2.70',
    '192.0.2.8',
    '2001:db8::2',
    '198.51.101.1',
    '2001:db8:2::5',
    '203.0.1130.9',
    '10.0.30.1',
    '10x0.3.1',
    '',
  ])('do not contain %s', (address) => {
    expect(list.has(address)).toBe(false)
  })

  test('are read except for invalid lines, which are listed by number', () => {
    const { bad, has } = parseAddressList('192.0.2.1\nlocalhost\n300.1.2.3\n1.2.3.4/33\n*.evil.example\n')
    expect(bad.map(({ line }) => line)).toEqual([2, 3, 4, 5])
    expect(bad[0]?.why).toContain('"localhost" is neither an address nor a CIDR block')
    expect(has('192.0.2.1')).toBe(true)
  })
})

describe('the gate for connections', () => {
  function gate(files: { deny?: string; allow?: string }) {
    const folder = testFolder()
    let nowMs = 0
    const pathOf = (name: 'deny' | 'allow') => `${folder}/${name}`
    const write = (name: 'deny' | 'allow', text: string) => writeFileSync(pathOf(name), text)
    const remove = (name: 'deny' | 'allow') => rmSync(pathOf(name))
    const config = {
      paths: {
        ...noPaths,
        denyIp: files.deny === undefined ? undefined : pathOf('deny'),
        allowIp: files.allow === undefined ? undefined : pathOf('allow'),
      },
    }
    if (files.deny) write('deny', files.deny)
    if (files.allow) write('allow', files.allow)
    const opened = new AddressGate(config, () => nowMs)
    return { gate: opened, config, write, remove, pass: (ms: number) => (nowMs += ms) }
  }

  test('accepts all addresses if no list is configured', () => {
    expect(gate({}).gate.lets('192.0.2.1')).toBe(true)
  })

  test('rejects the addresses in deny-ip, and no others', () => {
    const { gate: opened } = gate({ deny: '192.0.2.1\n' })
    expect([opened.lets('192.0.2.1'), opened.lets('192.0.2.2')]).toEqual([false, true])
  })

  test('accepts only the addresses in allow-ip, except those in deny-ip', () => {
    const { gate: opened } = gate({ allow: '192.0.2.0/24\n', deny: '192.0.2.1\n' })
    expect(opened.lets('192.0.2.1')).toBe(false)
    expect(opened.lets('192.0.2.2')).toBe(true)
    expect(opened.lets('198.51.100.1')).toBe(false)
  })

  test('applies a changed list within 10 s, and checks the file no sooner', () => {
    const { gate: opened, write, pass } = gate({ deny: '192.0.2.1\n' })
    expect(opened.lets('192.0.2.1')).toBe(false)
    write('deny', '192.0.2.22\n')
    pass(9_999)
    expect(opened.lets('192.0.2.22')).toBe(true)
    pass(1)
    expect(opened.lets('192.0.2.22')).toBe(false)
    expect(opened.lets('192.0.2.1')).toBe(true)
  })

  test('keeps the last list if the file disappears', () => {
    const { gate: opened, remove, pass } = gate({ deny: '192.0.2.1\n', allow: '192.0.2.0/24\n' })
    expect(opened.lets('192.0.2.2')).toBe(true)
    remove('deny')
    remove('allow')
    pass(10_000)
    expect(opened.lets('192.0.2.1')).toBe(false)
    expect(opened.lets('192.0.2.2')).toBe(true)
    expect(opened.lets('198.51.100.1')).toBe(false)
  })

  test('rejects all addresses if allow-ip was never readable, and none by a deny-ip that was never readable', () => {
    expect(gate({ allow: '' }).gate.lets('192.0.2.1')).toBe(false)
    expect(gate({ deny: '' }).gate.lets('192.0.2.1')).toBe(true)
  })

  test('uses the paths of a reloaded configuration', () => {
    const { gate: opened, config } = gate({ deny: '192.0.2.1\n' })
    expect(opened.lets('192.0.2.1')).toBe(false)
    config.paths = { ...config.paths, denyIp: undefined }
    expect(opened.lets('192.0.2.1')).toBe(true)
  })
})
