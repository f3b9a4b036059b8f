import { ypLimits } from './limits.ts'

/** What a directory answered: it stands in headers, whatever the status and the body are. */
export type YpReply =
  | { taken: true; sid: string | undefined; touchMs: number | undefined }
  /** `why` is its own word for it, for people */
  | { taken: false; why: string }

/** Reads `YPResponse`, `YPMessage`, `SID` and `TouchFreq` (seconds). */
export function readReply(headers: Pick<Headers, 'get'>, status: number): YpReply {
  if (headers.get('ypresponse')?.trim() !== '1')
    return { taken: false, why: headers.get('ypmessage')?.slice(0, ypLimits.messageMax) ?? `HTTP ${status}` }
  const sid = headers.get('sid')?.trim()
  const touchS = Number.parseInt(headers.get('touchfreq') ?? '', 10)
  const isSid = sid !== undefined && sid !== '' && sid.length <= ypLimits.sidMax
  return {
    taken: true,
    sid: isSid ? sid : undefined,
    touchMs: touchS > 0 ? touchS * 1000 : undefined,
  }
}
