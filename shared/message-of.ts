/** The text of what was thrown: an error's message, or anything else as it prints. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)

/** The same with the message of its cause: `fetch failed` alone says nothing. */
export const messageWithCause = (thrown: unknown): string =>
  thrown instanceof Error && thrown.cause instanceof Error
    ? `${thrown.message}: ${thrown.cause.message}`
    : messageOf(thrown)
