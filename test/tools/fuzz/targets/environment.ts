import { deepStrictEqual } from 'node:assert/strict'
import { EdgeConfigError, parseConfig } from '../../../../edge/config.ts'
import { idleLines, parseEnvFile } from '../../../../edge/runtime/env-file.ts'
import { orError, type Target, textOf } from '../target.ts'

const needed = { RELAY_PASSWORD: 'a', ADMIN_PASSWORD: 'b' }

export const environment: Target = {
  name: 'environment',
  about: "an edge's environment and env files: a configuration or an EdgeConfigError that shows no secret",
  files: 'edge/',
  tokens: [
    'RELAY_PASSWORD=',
    'ADMIN_PASSWORD=',
    'PUBLIC_URL=http://a',
    'TRUSTED_PROXIES=10.0.0.0/8',
    'RELAYS=a:b',
    'HTTPS_ONLY=1',
    'LAST_RESORT_URL=',
    'PORT=',
    'DEFAULT_MAX_LISTENERS=',
    'LOG_LEVEL=',
    '"',
    "'",
    '#',
    '\n',
    '=',
    'export ',
    'HLS_EDGE=',
  ],
  read: (input) => void orError([Error], () => parseEnvFile(textOf(input))),
  check(input) {
    const text = textOf(input)
    let values: Record<string, string>
    try {
      values = parseEnvFile(text)
    } catch (error) {
      if (error instanceof Error && /^line \d+: the value of/.test(error.message)) return
      throw error
    }
    idleLines(text, new Set(Object.keys(needed)))
    const all = { ...needed, ...values }
    const config = orError([EdgeConfigError], () => parseConfig(all))
    deepStrictEqual(
      orError([EdgeConfigError], () => parseConfig({ ...all })),
      config,
      'read again',
    )
    const { RELAYS } = values
    if (typeof config === 'string' && RELAYS !== undefined && RELAYS.length > 30 && config.includes(RELAYS))
      throw new Error(`the error shows RELAYS: ${config}`)
  },
}
