/** A location on earth in degrees. */
export interface GeoLocation {
  latitude: number
  longitude: number
}

/** Where a listener is, as far as known. */
export interface Whereabouts {
  location?: GeoLocation | undefined
  /** ISO 3166 code */
  country?: string | undefined
}
