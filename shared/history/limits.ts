/** Bounds of the history, each with its unit and its reason. */
export const historyLimits = {
  /** rows of one minute each: 48 h, and room for the rows that restarts cut in two */
  minutesMax: 2940,
  /** rows of one hour each: 400 days, so that a month can be compared with the same month a year ago */
  hoursMax: 9600,
  /** ms for which minutes are read; older ones are left from a time when the decider was off */
  minutesMs: 48 * 3_600_000,
  /** ms for which plays are kept: as long as hours */
  playsMs: 400 * 86_400_000,
  /** plays kept: ten mounts that play 20 titles an hour for 400 days; about 200 MB */
  playsMax: 2_000_000,
  /** mounts, and servers, in one row; with more, those with the most listeners: a row stays under 200 kB */
  seriesMax: 2000,
  /** titles of one mount in a minute: a master reports about once a second at most */
  playsPerMinuteMax: 75,
  /** rows of minutes that wait for a store that cannot be written */
  pendingMax: 60,
  /** minutes that are written after a pause, such as an object that slept: longer than the longest deadline of a server */
  catchUpMax: 200,
  /** ms by which the wall clock may differ from the monotonic one before it counts as set */
  clockJumpMs: 1500,
  /** countries of redirects that are remembered, over all mounts: 250 for each of 80 */
  countriesMax: 20_000,
  /** ms of one of the two windows in which they are counted */
  countriesMs: 30 * 60_000,
  /** rows of one answer: a chart has fewer pixels, and a year of days or two months of hours fit */
  rowsMax: 10_000,
  /** plays in one answer: a month of one mount, or a day of thirty */
  playsAnsweredMax: 50_000,
  /** rows read from the store before listeners get their turn: a few ms */
  sliceRows: 60,
} as const
