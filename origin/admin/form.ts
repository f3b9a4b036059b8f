import { limits } from '../limits.ts'
import { Refused } from '../web/answers.ts'

/** A request's parameters as they came, those of its query first; of a form, Icecast 2.5's way, those in its body too. */
export async function parametersOf(request: Request): Promise<string> {
  const query = new URL(request.url).search.slice(1)
  const type = request.headers.get('content-type') ?? ''
  if (request.method !== 'POST' || !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return query
  const body = await request.arrayBuffer()
  // of a body that is far too long nothing is read, so its announced length counts too
  const length = Math.max(body.byteLength, Number(request.headers.get('content-length')))
  if (length > limits.formBytesMax)
    throw new Refused(`the form is larger than ${limits.formBytesMax} bytes`, 413)
  return `${query}&${Buffer.from(body).toString('latin1').trim()}`
}
