/** A place on earth in degrees. */
export interface Place {
  latitude: number
  longitude: number
}

/** Where a listener is, as far as it is known. */
export interface Whereabouts {
  place?: Place | undefined
  /** ISO 3166 code */
  country?: string | undefined
}
