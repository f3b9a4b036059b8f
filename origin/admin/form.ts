import { blanks, trimmed } from '../../shared/trim.ts'
import { limits } from '../limits.ts'
import { Refused } from '../web/answers.ts'

/** The parameters of a request, undecoded: those of the query, then those of a form in the body, as in Icecast 2.5. */
export async function parametersOf(request: Request): Promise<string> {
  const query = new URL(request.url).search.slice(1)
  const type = request.headers.get('content-type') ?? ''
  if (request.method !== 'POST' || !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return query
  const body = await request.arrayBuffer()
  // a body that is far too long is not read at all, so its announced length counts too
  const length = Math.max(body.byteLength, Number(request.headers.get('content-length')))
  if (length > limits.formBytesMax)
    throw new Refused(`the form is larger than ${limits.formBytesMax} bytes`, 413)
  return `${query}&${trimmed(Buffer.from(body).toString('latin1'), `${blanks}\r\n`)}`
}
