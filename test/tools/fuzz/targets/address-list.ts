import { parseAddressList } from '../../../../origin/auth/address-list.ts'
import { isIn, parseAddress, parseBlocks } from '../../../../shared/http/address.ts'
import { type Target, textOf } from '../target.ts'

export const addressList: Target = {
  name: 'address-list',
  about:
    'files of addresses that may listen or not, and lists of proxies: each address that is read is in the list',
  files: 'origin/auth/',
  tokens: [
    '192.0.2.1',
    '192.0.2.0/24',
    '2001:db8::/32',
    '::ffff:192.0.2.1',
    '192.0.2.*',
    '?',
    '#',
    '\n',
    '\r\n',
    '/33',
    '0x7f.1',
    '%eth0',
  ],
  read: (input) => void parseAddressList(textOf(input)),
  check(input) {
    const text = textOf(input)
    const list = parseAddressList(text)
    const lines = text.split('\n')
    if (list.bad.some(({ line }) => line < 1 || line > lines.length))
      throw new Error('a line that is not there')
    for (const line of lines.slice(0, 20)) {
      const address = parseAddress(line.trim())?.toString()
      if (address !== undefined && !list.has(address)) throw new Error(`${address} is not in the list`)
      if (address !== undefined && !isIn(address, parseBlocks(address)))
        throw new Error(`${address} is not in itself`)
    }
    try {
      isIn('192.0.2.1', parseBlocks(text))
    } catch (error) {
      if (!(error instanceof Error && error.message.endsWith('is neither an address nor a CIDR block')))
        throw error
    }
  },
}
