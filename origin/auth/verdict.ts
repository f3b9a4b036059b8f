/** Somebody may not have what they ask for. */
export type Denied =
  /** asks for other credentials; `isTaken`: these are right, and another connection has them */
  | { admitted: false; status: 401; isTaken?: true }
  | { admitted: false; status: 403; text: string }
  | { admitted: false; status: 302; location: string }

/** A listener may have a mount. */
export interface Admitted {
  admitted: true
  /** who it is; undefined where nobody asked */
  user: string | undefined
  /** s from now after which its connection is to be closed; undefined: no limit of its own */
  seconds: number | undefined
  /** To be called once, when it is gone, or never came to listen; `seconds` is how long it stayed. */
  leave(seconds: number): void
}

export type Verdict = Admitted | Denied

export const unproven = { admitted: false, status: 401 } as const satisfies Denied
/** Icecast 2.4's words where too many wait for an answer. */
export const busy = {
  admitted: false,
  status: 403,
  text: 'busy, please try again later',
} as const satisfies Denied
/** Nothing was asked, and nobody waits for news. */
export const admittedFreely: Admitted = { admitted: true, user: undefined, seconds: undefined, leave() {} }
