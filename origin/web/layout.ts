import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { html, raw } from 'hono/html'
import { logo } from '../../shared/logo.ts'
import { serverAgent } from '../../shared/version.ts'
import { layoutStyle } from './style.ts'

export type Html = ReturnType<typeof html>

/** the script of the status page; one of the few files that run in a browser */
const statusScript = readFileSync(new URL('./status.client.js', import.meta.url), 'utf8')

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * Nothing is loaded from elsewhere except audio, which may come from any server after a redirect, and only our own script
 * and style run: names and titles come from outside.
 */
export const layoutHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src ${hashOf(layoutStyle)}`,
    `script-src ${hashOf(statusScript)}`,
    "connect-src 'self'",
    'img-src data:',
    'media-src *',
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  // other sites get no referrer; with `no-referrer` the forms of our own pages would send `Origin: null`
  'Referrer-Policy': 'same-origin',
} as const

interface Page {
  title: string
  /** below the title; text or markup */
  under?: Html | string
  links: readonly (readonly [href: string, text: string])[]
  body: Html
  /** it plays and updates itself */
  live?: boolean
}

const mark = raw(logo('stroke="currentColor" aria-hidden="true"'))
const icon = `data:image/svg+xml,${encodeURIComponent(logo('stroke="#0b7fab"'))}`

/** A whole page for people. */
export const printLayout = ({
  title,
  under = '',
  links,
  body,
  live = false,
}: Page): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${raw(layoutStyle)}</style>
</head>
<body>
<div class="page">
<header>${mark}<div><h1>${title}</h1><p>${under}</p></div>${navigation(links)}</header>
${body}
<footer>${serverAgent}</footer>
</div>
${live ? html`<script>${raw(statusScript)}</script>` : ''}
</body>
</html>
`

/** A row of links. */
export const navigation = (links: readonly (readonly [href: string, text: string])[]): Html =>
  html`<nav>${links.map(([href, text]) => html`<a href="${href}">${text}</a>`)}</nav>`
