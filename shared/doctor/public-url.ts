import { problemOf } from '../http/problem.ts'
import { isLoopbackUrl } from '../report/report.ts'
import { ask, askDeadlineMs } from './ask.ts'
import { type ConnectTls, certificateOf, checkCertificate } from './certificate.ts'
import { type Check, failure, warning } from './check.ts'
import { checkReachedHere } from './network.ts'

interface Outside {
  fetch: typeof fetch
  connectTls: ConnectTls
  nowMs: () => number
}

/** Whether public URLs answer, and with which certificate. Only the edge knows whether others reach those of a server. */
export async function checkPublicUrls(
  urls: readonly string[],
  setting: string,
  outside: Outside,
): Promise<Check[]> {
  const checks = await Promise.all(urls.map((url) => checkPublicUrl(url, setting, outside)))
  return checks.flat()
}

async function checkPublicUrl(
  url: string,
  setting: string,
  { fetch, connectTls, nowMs }: Outside,
): Promise<Check[]> {
  if (isLoopbackUrl(url))
    return [
      warning(
        `public URL ${url}`,
        'only this machine reaches it',
        `set ${setting} to an address that listeners reach`,
      ),
    ]
  const reached = checkReachedHere(url, await ask(fetch, `${url}/healthz`))
  if (!url.startsWith('https:')) return [reached]
  try {
    return [reached, checkCertificate(url, await certificateOf(url, connectTls, askDeadlineMs), nowMs())]
  } catch (error) {
    return [reached, failure(`certificate of ${url}`, problemOf(error).text)]
  }
}
