/** Why the program does not start: what was set, to what, and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
