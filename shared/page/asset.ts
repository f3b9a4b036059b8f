/** A text that a page contains or loads. `npm run pages` makes the modules that hold them (`*.made.ts`). */
export interface PageAsset {
  text: string
  /** of the text, as a Content-Security-Policy names it: `sha256-…` */
  hash: string
}

/** A large file that pages load, packed: it is part of the programs once, and few clients take no gzip. */
export interface PackedAsset {
  /** base64 of its gzip */
  gzip: string
  /** of the text before it was packed */
  hash: string
}
