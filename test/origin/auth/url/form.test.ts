import { describe, expect, test } from 'vitest'
import { type BackendReply, readAnswer } from '../../../../origin/auth/url/answer.ts'
import {
  listenerAddForm,
  listenerRemoveForm,
  mountForm,
  streamAuthForm,
} from '../../../../origin/auth/url/form.ts'

const server = { hostname: 'h.example', port: 8000 }
const visit = {
  id: 161,
  target: '/m?tok=1',
  address: '127.0.0.1',
  login: undefined,
  userAgent: 'my agent/1',
  headers: new Map([
    ['x-token', 't k'],
    ['cookie', 'secret'],
  ]),
}
const told = { headers: ['x-token', 'x-none'], headerPrefix: 'ClientHeader.' }

describe('forms of URL authentication, byte for byte as Icecast 2.4.4 sends them', () => {
  test('stream_auth, for a source and for its call of the admin', () => {
    const login = { user: 'dj', password: 'p w' }
    const asked = { mount: '/m', address: '1.2.3.4', login }
    const form =
      'action=stream_auth&mount=%2fm&ip=1%2e2%2e3%2e4&server=h%2eexample&port=8000&user=dj&pass=p%20w'
    expect(streamAuthForm(server, { ...asked, admin: false })).toBe(form)
    expect(streamAuthForm(server, { ...asked, admin: true })).toBe(`${form}&admin=1`)
  })

  test('stream_auth without credentials', () => {
    const form = streamAuthForm(server, { mount: '/m', address: '::1', login: undefined, admin: false })
    expect(form).toBe('action=stream_auth&mount=%2fm&ip=%3a%3a1&server=h%2eexample&port=8000&user=&pass=')
  })

  test('mount_add and mount_remove', () => {
    expect(mountForm('mount_add', server, '/m')).toBe(
      'action=mount_add&mount=%2fm&server=h%2eexample&port=8000',
    )
    expect(mountForm('mount_remove', server, '/m')).toBe(
      'action=mount_remove&mount=%2fm&server=h%2eexample&port=8000',
    )
  })

  test('listener_add, with the path as received and the configured headers', () => {
    expect(listenerAddForm(server, visit, told)).toBe(
      'action=listener_add&server=h%2eexample&port=8000&client=161&mount=%2fm%3ftok%3d1&user=&pass=&ip=127%2e0%2e0%2e1&agent=my%20agent%2f1&ClientHeader.x-token=t%20k',
    )
  })

  test('listener_remove, with the duration', () => {
    expect(listenerRemoveForm(server, visit, 7)).toBe(
      'action=listener_remove&server=h%2eexample&port=8000&client=161&mount=%2fm%3ftok%3d1&user=&pass=&duration=7&ip=127%2e0%2e0%2e1&agent=my%20agent%2f1',
    )
  })

  test('credentials as UTF-8, headers as the received bytes, and - for no agent', () => {
    const login = { user: 'bö', password: 'pw:x' }
    const form = listenerAddForm(
      server,
      { ...visit, login, userAgent: undefined, headers: new Map([['x-token', 'é']]) },
      { headers: ['x-token'], headerPrefix: '' },
    )
    expect(form).toContain('&user=b%c3%b6&pass=pw%3ax&')
    expect(form).toContain('&agent=-&x-token=%e9')
  })
})

describe('a reply of a backend', () => {
  const names = { authHeader: 'icecast-auth-user: 1', timelimitHeader: 'icecast-auth-timelimit' }
  const reply = (headers: Record<string, string>, status = 200, statusText = ''): BackendReply => ({
    status,
    statusText,
    headers: new Headers(headers),
  })
  const answer = (...args: Parameters<typeof reply>) => readAnswer(reply(...args), names)

  test('accepts by the header only, whatever the status', () => {
    const admitted = { admitted: true, seconds: undefined }
    expect(answer({ 'Icecast-Auth-User': '1' })).toEqual(admitted)
    expect(answer({ 'icecast-auth-user': '1' }, 500)).toEqual(admitted)
  })

  test.each<Record<string, string>>([
    {},
    { 'icecast-auth-user': '0' },
    { 'icecast-auth-user': '11' },
    { 'icecast-auth-user': '' },
  ])('rejects with %j', (headers) => {
    expect(answer(headers)).toEqual({ admitted: false, status: 401 })
  })

  test('accepts by the configured header', () => {
    const own = { ...names, authHeader: 'X-May: Yes' }
    expect(readAnswer(reply({ 'x-may': 'yes' }), own)).toMatchObject({ admitted: true })
    expect(readAnswer(reply({ 'icecast-auth-user': '1' }), own)).toMatchObject({ admitted: false })
  })

  test('limits the time', () => {
    const limited = (seconds: string) =>
      answer({ 'icecast-auth-user': '1', 'icecast-auth-timelimit': seconds })
    expect(limited('90')).toEqual({ admitted: true, seconds: 90 })
    for (const none of ['', '0', 'soon', '-5', '1e3'])
      expect(limited(none)).toEqual({ admitted: true, seconds: undefined })
  })

  test('icecast-kh: a 403 with its reason, and a Location', () => {
    expect(answer({}, 403, 'not in your country')).toEqual({
      admitted: false,
      status: 403,
      text: 'not in your country',
    })
    expect(answer({}, 403)).toEqual({ admitted: false, status: 403, text: 'Forbidden' })
    expect(answer({ location: 'https://pay.example/?id=ä' }, 302)).toEqual({
      admitted: false,
      status: 302,
      location: 'https://pay.example/?id=%C3%A4',
    })
  })

  test.each(['http://user:pw@pay.example/', '/relative', 'javascript:alert(1)', 'ftp://pay.example/'])(
    'a Location of %s is followed by nobody',
    (location) => {
      expect(answer({ location }, 302)).toEqual({ admitted: false, status: 401 })
    },
  )
})
