import { deepStrictEqual } from 'node:assert/strict'
import { parseBlocks } from '../../../../shared/http/address.ts'
import { ForwardedClient, type ForwardedElement, readForwarded } from '../../../../shared/http/forwarded.ts'
import { latin1Of, type Target } from '../target.ts'

const proxies = parseBlocks('10.0.0.0/8')
const printed = (elements: readonly ForwardedElement[]) =>
  elements
    .map((element) =>
      [...element].map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`).join(';'),
    )
    .join(', ')

/** The client, if these are the headers of a request that a peer passed on. */
function clientBehind(peer: string, headers: Readonly<Record<string, string>>) {
  const client = new ForwardedClient(
    new Map(Object.entries(headers)),
    { address: peer, secure: false },
    proxies,
  )
  return { address: client.address, secure: client.secure, host: client.forwardedHost }
}

export const forwarded: Target = {
  name: 'forwarded',
  about:
    'Forwarded and X-Forwarded-For: printed and read again, the same; what a client wrote never counts beside what a proxy did',
  files: 'shared/http/',
  tokens: [
    'for=192.0.2.9',
    'for="[2001:db8::1]:80"',
    ';proto=https',
    ';host=a',
    ', ',
    ',',
    '"',
    '\\',
    ';',
    '10.0.0.2',
    '192.0.2.1:80',
    'unknown',
    '=',
  ],
  read: (input) => void readForwarded(latin1Of(input)),
  check(input) {
    const text = latin1Of(input).replace(/[\0\r\n]/g, ' ')
    const elements = readForwarded(text)
    deepStrictEqual(readForwarded(printed(elements)), elements, 'printed and read again')
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto'])
      deepStrictEqual(
        clientBehind('203.0.113.1', { [name]: text }),
        { address: '203.0.113.1', secure: false, host: undefined },
        'a stranger is believed',
      )
    deepStrictEqual(
      clientBehind('10.0.0.1', { 'x-forwarded-for': `${text}, 192.0.2.9` }).address,
      '192.0.2.9',
      'X-Forwarded-For',
    )
    const added = clientBehind('10.0.0.1', { forwarded: `${text}, for=192.0.2.9;proto=http` })
    deepStrictEqual([added.address, added.secure], ['192.0.2.9', false], 'Forwarded')
  },
}
