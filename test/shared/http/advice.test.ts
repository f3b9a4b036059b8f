import { expect, test } from 'vitest'
import { adviceOnAnswer, adviceOnProblem, withAdvice } from '../../../shared/http/advice.ts'
import { closedEarly, noTls } from '../../../shared/http/problem.ts'

const url = 'http://edge.example'

test('a wrong password that has a space in it: an edge reads its own as several', () => {
  const advice = (password: string) => adviceOnAnswer({ url, status: 401, password })
  expect(advice('hunter2')).toBe('the user or the password is wrong')
  expect(advice('my radio')).toMatch(/has a space in it, and an edge reads its RELAY_PASSWORD as several/)
  for (const password of ['hunter2 ', ' hunter2', 'hunter2\n'])
    expect(advice(password)).toMatch(/begins or ends with a space$/)
})

test('a redirect by "Always Use HTTPS" names the URL to set', () => {
  const to = (location: string | null) => adviceOnAnswer({ url, status: 301, location })
  expect(to('https://edge.example/admin/sourcelist.txt')).toMatch(
    /"Always Use HTTPS" at Cloudflare does: set the URL to https:\/\/edge\.example$/,
  )
  expect(to('http://www.edge.example/')).toBe(
    'it redirects to http://www.edge.example: set the URL to that address',
  )
  expect(to('/login')).toBe('it redirects to http://edge.example/login, expected an answer')
  expect(to(null)).toBe('it redirects, expected an answer')
})

test('an https URL to an http port, and the other way round', () => {
  expect(adviceOnProblem('https://edge.example:8000', noTls)).toMatch(
    /set the URL to http:\/\/edge\.example:8000$/,
  )
  expect(adviceOnProblem('http://edge.example:8443', closedEarly)).toMatch(
    /is it https:\/\/edge\.example:8443\?$/,
  )
  expect(adviceOnProblem('http://edge.example', noTls)).toBeUndefined()
  expect(adviceOnProblem('https://edge.example', closedEarly)).toBeUndefined()
  expect(adviceOnAnswer({ url, status: 400 })).toBe('a port for https answers so too')
  expect(adviceOnAnswer({ url, status: 500 })).toBeUndefined()
  expect(adviceOnAnswer({ url: 'https://edge.example', status: 400 })).toBeUndefined()
  expect(adviceOnAnswer({ url, status: 300 })).toBe('it redirects, expected an answer')
  expect(adviceOnAnswer({ url, status: 299 })).toBeUndefined()
})

test('advice follows what happened', () => {
  expect(withAdvice('answered 401', 'try again')).toBe('answered 401; try again')
  expect(withAdvice('', 'try again')).toBe('try again')
  expect(withAdvice('connection refused', undefined)).toBe('connection refused')
})
