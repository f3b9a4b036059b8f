import { html, raw } from 'hono/html'
import type { PageAsset } from './asset.ts'
import { livePage } from './live-page.made.ts'
import { logo } from './logo.ts'
import { style } from './style.made.ts'

export type Html = ReturnType<typeof html>

type Links = readonly (readonly [href: string, text: string])[]

interface Page {
  title: string
  /** below the title; text or markup */
  under?: Html | string
  links: Links
  body: Html
  footer: Html | string
  /** its `main` names where the current state is published, and the page follows it */
  live?: boolean
}

/**
 * What a page may load and run: audio from any server, because a redirect may lead there, and only our own script and style:
 * names and titles come from outside.
 * @param formAction where its forms may be sent
 */
export const pagePolicy = (formAction: "'self'" | "'none'"): string =>
  [
    "default-src 'none'",
    `style-src '${style.hash}'`,
    `script-src '${livePage.hash}'`,
    "connect-src 'self'",
    'img-src data:',
    'media-src *',
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
  ].join('; ')

export const mark = raw(logo('stroke="currentColor" aria-hidden="true"'))
export const icon = `data:image/svg+xml,${encodeURIComponent(logo('stroke="#0b7fab"'))}`

/** What a page for people begins with, up to its body. @param more styles behind those of all pages */
export const pageHead = (title: string, more?: PageAsset): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${raw(style.text)}</style>
${
  more
    ? html`<style>${raw(more.text)}</style>
`
    : ''
}</head>`

/** A whole page for people. */
export const printPage = ({
  title,
  under = '',
  links,
  body,
  footer,
  live = false,
}: Page): Html => html`${pageHead(title)}
<body>
<div class="page">
<header>${mark}<div><h1>${title}</h1><p>${under}</p></div>${navigation(links)}</header>
${body}
<footer>${footer}</footer>
</div>
${live ? html`<script>${raw(livePage.text)}</script>` : ''}
</body>
</html>
`

/** A row of links. */
export const navigation = (links: Links): Html =>
  html`<nav>${links.map(([href, text]) => html`<a href="${href}">${text}</a>`)}</nav>`
