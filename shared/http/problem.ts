/** Why an outgoing connection failed, in a few plain words. */
export interface Problem {
  text: string
  /** the fault is this machine's: no network, no resolver, no descriptors, a port that fetch does not allow. It says nothing about the server */
  isOurs: boolean
  /** its name does not resolve, here and now */
  isUnknownName: boolean
}

const ours =
  /bad port|requests to port \d+ are blocked|EAI_AGAIN|temporary failure in name|ENETUNREACH|network is unreachable|ENETDOWN|EADDRNOTAVAIL|EAFNOSUPPORT|EMFILE|ENFILE|ENOBUFS|too many open files/i

const noAddress = 'its name has no address'
/** said of a port that answers the TLS handshake with something else, as one for http does */
export const noTls = 'it does not speak TLS on this port'
/** said of a connection that ended before an answer, as one without TLS does on a port for https */
export const closedEarly = 'connection closed without an answer'
/** The first match is used; runtimes differ in where they put codes and words. */
const words: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|ENODATA|getaddrinfo|failed to lookup|dns error/, noAddress],
  [/ECONNREFUSED|connection refused|ConnectionRefused/i, 'connection refused'],
  [/EHOSTUNREACH|no route to host/i, 'no route to host'],
  [/ETIMEDOUT|no answer within|timed ?out|TIMEOUT/i, 'no answer in time'],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed|connection (?:was )?(?:reset|closed|lost)/i,
    closedEarly,
  ],
  [/wrong.version.number|does the server speak TLS|InvalidContentType|corrupt message/i, noTls],
  [/self.?signed/i, 'its certificate is self-signed'],
  [/cert\w*[ _]has[ _]expired|CertExpired|certificate expired/i, 'its certificate has expired'],
  [/altname|NotValidForName/i, 'its certificate is for another name'],
  [/CERT|certificate|ERR_TLS|ERR_SSL|\bEPROTO\b|\bTLS\b/i, 'no TLS, or a certificate that is not accepted'],
  [/HPE_HEADER_OVERFLOW|HeadersTooLarge|HEADERS_OVERFLOW/i, 'an answer with a head that is too long'],
  [/HPE_|invalid http|unexpected (?:response|byte)|Malformed/i, 'an answer that is not HTTP'],
]

/** Classifies the errors of `fetch` and of DNS look-ups. */
export function problemOf(error: unknown): Problem {
  const told = tellings(error)
  const all = told.join(' ')
  const word = words.find(([pattern]) => pattern.test(all))?.[1]
  return {
    text:
      word ??
      (all
        .replace(/[^\x20-\x7e]+/g, ' ')
        .trim()
        .slice(0, 100) ||
        'no answer'),
    isOurs: told.length > 0 && told.every((each) => ours.test(each)),
    isUnknownName: word === noAddress,
  }
}

/** Code and message of an error, or of each of its causes; without the URL, whose host may be any word. */
function tellings(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  const causes =
    error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause]
  if (causes.length > 0) return causes.flatMap(tellings)
  const code = 'code' in error ? String(error.code) : ''
  return [`${code} ${error.message.replace(/https?:\/\/\S+/g, '')}`.trim()]
}
