import { ypLimits } from './limits.ts'

/** The answer of a directory: it is in the headers, whatever the status and the body. */
export type YpReply =
  | { accepted: true; sid: string | undefined; touchMs: number | undefined }
  /** `why` is the directory's message, for people */
  | { accepted: false; why: string }

/** Reads `YPResponse`, `YPMessage`, `SID` and `TouchFreq` (seconds). */
export function readReply(headers: Pick<Headers, 'get'>, status: number): YpReply {
  if (headers.get('ypresponse')?.trim() !== '1')
    return {
      accepted: false,
      why: headers.get('ypmessage')?.slice(0, ypLimits.messageMax) ?? `HTTP ${status}`,
    }
  const sid = headers.get('sid')?.trim()
  const touchS = Number.parseInt(headers.get('touchfreq') ?? '', 10)
  const isSid = sid !== undefined && sid !== '' && sid.length <= ypLimits.sidMax
  return {
    accepted: true,
    sid: isSid ? sid : undefined,
    touchMs: touchS > 0 ? touchS * 1000 : undefined,
  }
}
