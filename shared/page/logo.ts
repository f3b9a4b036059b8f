/** The logo: a river and a channel that leaves it; as SVG, with these attributes. */
export const logo = (attributes: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" ${attributes} stroke-width="3.5" stroke-linecap="round"><path d="M16 3v26M16 12c0 6 9 5 9 12v5M16 16c0 5-9 4-9 10v3"/></svg>`
