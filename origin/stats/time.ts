/** `Mon, 23 Nov 2026 01:51:53 +0000` */
export const rfc2822 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000')

/** `2026-11-23T01:51:53+0000`: as in Icecast, without a colon in the zone */
export const iso8601 = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000')
