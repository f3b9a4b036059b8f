import { withoutLogins } from '../../shared/http/without-logins.ts'

/** Why the program does not start: the setting, its value, and what is allowed. A login in a URL is masked. */
export class ConfigError extends Error {
  override name = 'ConfigError'

  constructor(message: string) {
    super(withoutLogins(message))
  }
}
