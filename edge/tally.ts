/** Answers to requests for mounts, by kind, counted since the program (on Workers: the isolate) started. */
export interface Tally {
  redirect: number
  relay: number
  playlist: number
  'last resort': number
  'no room': number
  'unknown mount': number
}

export const newTally = (): Tally => ({
  redirect: 0,
  relay: 0,
  playlist: 0,
  'last resort': 0,
  'no room': 0,
  'unknown mount': 0,
})
