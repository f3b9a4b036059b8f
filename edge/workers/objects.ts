/** Where an object is created if it does not exist yet; it stays there. */
type Hint = DurableObjectLocationHint | undefined

const optionsOf = (locationHint: Hint) => (locationHint === undefined ? {} : { locationHint })

/** The object that holds the cluster. A stub is created for each call, since it belongs to the request that created it. */
export const clusterObjectOf = (env: Env, hint: Hint) => env.CLUSTER.getByName('cluster', optionsOf(hint))

/** One of the objects that gather reports for it. */
export const reportsObjectOf = (env: Env, number: number, hint: Hint) =>
  env.REPORTS.getByName(`reports-${number}`, optionsOf(hint))
