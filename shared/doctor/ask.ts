import { readBounded } from '../http/bounded-body.ts'
import { problemOf } from '../http/problem.ts'
import { serverAgent } from '../version.ts'
import type { Asked } from './network.ts'

/** ms to wait for an answer: a server that takes longer is not well */
export const askDeadlineMs = 5000
/** bytes of an answer: the servers of a large cluster, with their mounts */
const bytesMax = 16 * 1_048_576

export interface AskOptions {
  method?: 'GET' | 'PUT' | 'POST'
  /** value of `Authorization` */
  authorization?: string
}

/** Sends one request and reads its answer. Never throws. */
export async function ask(
  fetchIt: typeof fetch,
  url: string,
  { method = 'GET', authorization }: AskOptions = {},
): Promise<Asked> {
  try {
    const response = await fetchIt(url, {
      method,
      headers: { 'user-agent': serverAgent, ...(authorization === undefined ? {} : { authorization }) },
      redirect: 'manual',
      signal: AbortSignal.timeout(askDeadlineMs),
    })
    const { status, headers } = response
    const body = await readBounded(response.body, bytesMax)
    if (body === undefined) return { problem: `an answer of more than ${bytesMax} bytes` }
    return {
      status,
      text: new TextDecoder().decode(body),
      date: headers.get('date'),
      location: headers.get('location'),
      server: headers.get('server'),
    }
  } catch (error) {
    return { problem: problemOf(error).text }
  }
}
