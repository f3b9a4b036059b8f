import { html } from 'hono/html'
import type { Html } from '../../../shared/page/layout.ts'
import { printLayout } from '../../web/layout.ts'
import { type Element, elementsNamed } from '../../web/xml.ts'

/** A page of the admin. */
export const layout = (title: string, body: Html, under: Html | string = ''): Html =>
  printLayout({
    title,
    under,
    links: [
      ['/admin/stats.xsl', 'Server'],
      ['/admin/listmounts.xsl', 'Mounts'],
      ['/status.xsl', 'Public status'],
    ],
    body: html`<main>${body}</main>`,
  })

export const sourcesIn = (answer: Element): readonly Element[] => elementsNamed(answer, 'source')

/** The mount of a `source`; empty if there is none. */
export const mountOf = (source: Element | undefined): string => source?.[2]?.mount ?? ''

export const adminUrl = (command: string, mount: string): string =>
  `/admin/${command}.xsl?mount=${encodeURIComponent(mount)}`

/** A table of the names and values of an element's children. */
export function facts([, content]: Element): Html {
  const rows = typeof content === 'object' ? content.filter(([, value]) => typeof value !== 'object') : []
  return html`<table>${rows.map(([name, value]) => html`<tr><td class="name">${name}</td><td>${String(value)}</td></tr>`)}</table>`
}

/** A form that calls a command with these parameters, and with the inputs in `ask`. */
export const form = (command: string, given: Readonly<Record<string, string>>, inside: Html): Html =>
  html`<form method="post" action="/admin/${command}.xsl">${Object.entries(given).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}${inside}</form>`

export const none = (text: string): Html => html`<p class="none">${text}</p>`
