import type { Failure } from './state.ts'

/** What an error of hls.js means that ended playback. */
export function failureOf({
  details,
  response,
}: {
  details: string
  response?: { code?: number } | undefined
}): Failure {
  const status = response?.code
  if (status === 401 || status === 403) return 'refused'
  if (/^manifestIncompatibleCodecs|^buffer(AddCodec|IncompatibleCodecs)Error/.test(details))
    return 'unsupported'
  if (!details.startsWith('manifest')) return 'network'
  if (status === 503) return 'no room'
  // an answer that is not a playlist: something else is at this address
  return status === 404 || details === 'manifestParsingError' ? 'missing' : 'network'
}

/** What an answer to the address means that an audio element could not play. @param answer undefined: there was none */
export function failureOfAnswer(
  answer: { status: number; headers: { get(name: string): string | null } } | undefined,
  plays: (type: string) => boolean,
): Failure {
  if (!answer) return 'network'
  const { status, headers } = answer
  if (status === 401 || status === 403) return 'refused'
  if (status === 404) return 'missing'
  if (status === 503) return 'no room'
  return status === 200 && !plays(headers.get('content-type') ?? '') ? 'unsupported' : 'network'
}
