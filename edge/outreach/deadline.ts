/**
 * Runs work that is aborted by its signal after this many ms. Unlike `AbortSignal.timeout`, it leaves no timer behind, which
 * would keep a Durable Object in memory.
 */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${ms} ms`)), ms)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
