import { messageOf } from './message-of.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a variable of a file is called: the value of `RELAY_PASSWORD` may be in the file that `RELAY_PASSWORD_FILE` names. */
export const fileNameOf = (secret: string): string => `${secret}_FILE`

/**
 * Replaces `NAME_FILE` by `NAME` for each of these secrets, as Docker's and systemd's secrets want it. One line end at the end of
 * a file is not part of the secret.
 *
 * @param read returns the text of a file, or throws an error that says why not
 * @returns the environment, and a line for each problem
 */
export function withSecretFiles(
  environment: Environment,
  secrets: readonly string[],
  read: (path: string) => string,
): { environment: Environment; problems: string[] } {
  const complete: Record<string, string | undefined> = { ...environment }
  const problems: string[] = []
  for (const name of secrets) {
    const path = environment[fileNameOf(name)]
    if (!path) continue
    const found = secretIn(path, read)
    if (environment[name]) problems.push(`${name} and ${fileNameOf(name)} are both set, expected one of them`)
    else if ('problem' in found)
      problems.push(`cannot read the secret of ${fileNameOf(name)} ${JSON.stringify(path)}: ${found.problem}`)
    else complete[name] = found.secret
  }
  return { environment: complete, problems }
}

function secretIn(path: string, read: (path: string) => string): { secret: string } | { problem: string } {
  try {
    const secret = read(path).replace(/\r?\n$/, '')
    return secret === '' ? { problem: 'it is empty' } : { secret }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}
