import { withoutLogins } from '../../shared/http/without-logins.ts'

/** Why the program does not start: what was set, to what, and what is allowed. A login in a URL is not repeated. */
export class ConfigError extends Error {
  override name = 'ConfigError'

  constructor(message: string) {
    super(withoutLogins(message))
  }
}
