/** A text that a page contains or loads. `npm run pages` makes the modules that hold them (`*.made.ts`). */
export interface PageAsset {
  text: string
  /** of the text, as a Content-Security-Policy names it: `sha256-…` */
  hash: string
}
