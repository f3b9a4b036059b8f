import fc from 'fast-check'
import type { MountReport, Report } from '../../../shared/report/report.ts'
import { mountOf } from './reports.ts'

const integer = fc.oneof(fc.nat(), fc.maxSafeNat())
const mountReports: fc.Arbitrary<MountReport[]> = fc.uniqueArray(
  fc.record({
    mount: fc.stringMatching(/^[a-z0-9 %?.é]{1,12}$/).map((s) => mountOf(`/m${encodeURIComponent(s)}`)),
    listeners: integer,
    max: fc.option(integer),
    kbps: integer,
    joins: integer,
    contentType: fc.constantFrom('', 'audio/mpeg', 'audio/ogg; codecs=opus', 'audio/aacp'),
  }),
  { selector: (m) => m.mount, maxLength: 20 },
)
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** A report as a server may send it, with any of its fields. */
export const anyReport: fc.Arbitrary<Report> = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9._:[\]-]{1,128}$/),
  boot: optional(fc.stringMatching(/^[\x21-\x7e]{1,30}$/)),
  seq: optional(integer),
  role: fc.constantFrom('slave', 'master'),
  urls: fc
    .array(fc.constantFrom('http://a.example:8000', 'https://b.example', 'http://[2001:db8::1]:80'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((urls) => urls.map((url) => new URL(url).origin)),
  interval: fc.integer({ min: 1, max: 3600 }),
  maxListeners: optional(integer),
  listeners: integer,
  hlsListeners: optional(integer),
  maxBandwidth: optional(integer),
  bandwidth: optional(integer),
  joins: optional(integer),
  state: fc.constantFrom('up', 'draining', 'leaving'),
  location: optional(
    fc.record({
      latitude: fc.integer({ min: -9000, max: 9000 }).map((n) => n / 100),
      longitude: fc.integer({ min: -18_000, max: 18_000 }).map((n) => n / 100),
    }),
  ),
  countries: optional(
    fc.record({
      allow: fc.boolean(),
      codes: fc.array(fc.stringMatching(/^[A-Z]{2}$/), { minLength: 1, maxLength: 5 }),
    }),
  ),
  mounts: mountReports,
})
