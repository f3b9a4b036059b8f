/** The parser of video.js, which brings no types; only what tests use. */
declare module 'm3u8-parser' {
  export class Parser {
    on(event: 'warn' | 'info', told: (problem: { message: string }) => void): void
    push(text: string): void
    end(): void
    readonly manifest: {
      mediaSequence: number
      discontinuitySequence: number
      targetDuration: number
      start?: { timeOffset: number }
      playlists?: { uri: string }[]
      segments: {
        uri: string
        duration: number
        discontinuity?: boolean
        dateTimeObject?: Date
        map?: { uri: string }
      }[]
    }
  }
}
