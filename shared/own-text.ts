/** A copy of a text: a piece of a request or a report would keep the whole of it in memory for as long as it is kept. */
export const ownText = (text: string): string => ` ${text}`.slice(1)
