/** A request that is rejected. */
export type Denied =
  /** asks for other credentials; `isTaken`: the credentials are correct, but already used by another connection */
  | { admitted: false; status: 401; isTaken?: true }
  | { admitted: false; status: 403; text: string }
  | { admitted: false; status: 302; location: string }

/** A listener that is accepted. */
export interface Admitted {
  admitted: true
  /** user name; undefined if no credentials were required */
  user: string | undefined
  /** s from now after which its connection is closed; undefined: no limit from authentication */
  seconds: number | undefined
  /** To be called once, when the listener has left or was not served after all; `seconds` is how long it listened. */
  leave(seconds: number): void
}

export type Verdict = Admitted | Denied

export const unproven = { admitted: false, status: 401 } as const satisfies Denied
/** Too many requests wait for an answer; the text is that of Icecast 2.4. */
export const busy = {
  admitted: false,
  status: 403,
  text: 'busy, please try again later',
} as const satisfies Denied
/** Accepted without authentication: nothing to notify when the listener leaves. */
export const admittedFreely: Admitted = { admitted: true, user: undefined, seconds: undefined, leave() {} }
