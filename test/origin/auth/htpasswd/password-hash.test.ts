import { describe, expect, test } from 'vitest'
import { md5Crypt } from '../../../../origin/auth/htpasswd/md5-crypt.ts'
import { hashPassword, parsePasswordHash } from '../../../../origin/auth/htpasswd/password-hash.ts'
import { shaCrypt } from '../../../../origin/auth/htpasswd/sha-crypt.ts'

const hello = 'Hello world!'
const long = 'a very much longer text to encrypt.  This one even stretches over morethan one line.'

/** SHA-crypt's are those of its specification; MD5-crypt's and a password of many bytes are what OpenSSL's `passwd` prints. */
const known: [kind: string, password: string, hash: string][] = [
  ["Icecast 2.4's MD5", 'secret', '5ebe2294ecd0e0f08eab7690d2a6ee69'],
  ["Icecast 2.4's MD5 in capitals", 'secret', '5EBE2294ECD0E0F08EAB7690D2A6EE69'],
  ['$1$', hello, '$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1'],
  ['$1$ of no password', '', '$1$abcdefgh$M55TzYaaccxVGbptZWaxX/'],
  ['$1$ of more than a block', 'a password longer than sixteen bytes', '$1$x$HsMtwpZ51PhVKsQCJ8q181'],
  [
    "Apache's $apr1$",
    'pässword and a long one that is longer than sixteen',
    '$apr1$abcdefgh$7SpeIQX./VyjuYhjLrw0b.',
  ],
  ['$5$', hello, '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['$5$ with rounds', hello, '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  [
    '$5$ with the fewest rounds',
    'the minimum number is still observed',
    '$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC',
  ],
  [
    '$6$',
    hello,
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    '$6$ with rounds',
    hello,
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    '$6$ of more than a block',
    long,
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    '$6$ of bytes that are not ASCII',
    'pässword and a long one that is longer than sixteen',
    '$6$abcdefgh$hvRaSa6ihMRgWptz15dkwuPs7XeH63RZynZwuZKUBTxYZIEAlT/upAFeo8zw3WtcltY4XIuAwc9knc7bj2ao60',
  ],
]

describe('hashes of passwords (Icecast 2.4 and 2.5)', () => {
  test.each(known)('%s proves its own password and no other', async (_, password, text) => {
    const hash = parsePasswordHash(text)
    expect(await hash.proves(password)).toBe(true)
    expect(await hash.proves(`${password}x`)).toBe(false)
    expect(await hash.proves('')).toBe(password === '')
  })

  test('a new one is salted, and matches its password', async () => {
    const [one, other] = await Promise.all([hashPassword('geheim'), hashPassword('geheim')])
    expect(one).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/)
    expect(one).not.toBe(other)
    expect(await parsePasswordHash(one).proves('geheim')).toBe(true)
    expect(await parsePasswordHash(one).proves('Geheim')).toBe(false)
  })

  test.each([
    '',
    'geheim',
    '$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC',
    '$6$salt$short',
    '$1$salt$',
    '*',
  ])('%j is rejected', (text) => {
    expect(() => parsePasswordHash(text)).toThrow('expected 32 hex digits of MD5, or $1$, $5$ or $6$')
  })

  test('a slow one lets other work run: it computes at most 128 rounds at once', async () => {
    let pauses = 0
    const pause = async () => {
      pauses++
    }
    const setting = { form: 'sha512', salt: 'saltstring', rounds: 5000, roundsWritten: false } as const
    await shaCrypt(Buffer.from(hello), setting, pause)
    expect(pauses).toBe(Math.floor(5000 / 128))
  })

  test('one with a million rounds is rejected, because it would stall the server', () => {
    const text = `$6$rounds=1000000$salt$${'x'.repeat(86)}`
    expect(() => parsePasswordHash(text)).toThrow('a hash of 1000000 rounds, expected at most 200000')
  })

  test.each([
    ['MD5-crypt', 1000, (pause: Pause) => md5Crypt(Buffer.alloc(700), '$1$', 'saltstri', pause)],
    ['SHA-crypt', 5000, (pause: Pause) => shaCrypt(Buffer.alloc(700), sha, pause)],
  ])('%s lets other work run after 128 of its %i rounds', async (_, rounds, crypt) => {
    let turns = 0
    await crypt(async () => turns++)
    expect(turns).toBe(Math.floor(rounds / 128))
  })
})

type Pause = () => Promise<unknown>
const sha = { form: 'sha512', salt: 'saltstring', rounds: 5000, roundsWritten: false } as const
