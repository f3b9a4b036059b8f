import { messageOf } from '../../shared/message-of.ts'

/** ms between the end of one look and the next: with a report every few seconds, more would show nothing new */
const everyMs = 2000
/** ms until a login that is rejected is tried again: an old page must not use up the wrong logins that an edge answers at once */
const afterRejectionMs = 60_000
/** ms after which an answer is given up: the page has to say that the edge does not answer */
const answerMsMax = 8000

export interface Poll<T> {
  onAnswer: (answer: T) => Promise<void>
  /** @param lostMs for how long nothing has been heard */
  onTrouble: (why: string, lostMs: number) => void
}

class LoginRejected extends Error {}

/** Asks for a JSON again and again while the page is visible. Returns a function that asks at once. */
export function pollJson<T>(url: string, { onAnswer, onTrouble }: Poll<T>): () => void {
  let heardMs = performance.now()
  let timer = 0
  let isAsking = false
  const look = async () => {
    clearTimeout(timer)
    if (isAsking) return
    isAsking = true
    let pauseMs = everyMs
    try {
      await onAnswer(await askJson<T>(url))
      heardMs = performance.now()
    } catch (error) {
      if (error instanceof LoginRejected) pauseMs = afterRejectionMs
      onTrouble(messageOf(error), performance.now() - heardMs)
    }
    isAsking = false
    if (!document.hidden) timer = window.setTimeout(look, pauseMs)
  }
  document.addEventListener('visibilitychange', () => void (document.hidden || look()))
  void look()
  return () => void look()
}

/** The JSON at an address; an error says why there is none. */
export async function askJson<T>(url: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) }).catch((error: unknown) => {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    throw new Error(isLate ? `no answer within ${answerMsMax / 1000} s` : 'the edge cannot be reached')
  })
  if (answer.ok) return (await answer.json()) as T
  if (answer.status === 401) throw new LoginRejected('the login is rejected: reload this page')
  throw new Error(`answer ${answer.status}: ${(await answer.text()).trim().slice(0, 200)}`)
}
