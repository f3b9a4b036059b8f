/** Environment variables with the bundles of a run (`bundle-once.ts`), by program. */
export const bundleVariables = { origin: 'TEST_ORIGIN_BUNDLE', edge: 'TEST_EDGE_BUNDLE' } as const

/** Environment variable with the folder of what tests encode once a run (`encoder.ts`). */
export const encodedVariable = 'TEST_ENCODED_FOLDER'

/** What each program is where no bundle has been made: its sources. */
export const sources = { origin: 'origin/main.ts', edge: 'edge/main.ts' } as const

/**
 * The files by which live tests start our programs: the bundles that a release has, where the run has made them. A start from the
 * sources costs three times as much. Tests of the command line and of the sample files start the sources, on every runtime.
 */
export const originProgram = process.env[bundleVariables.origin] ?? sources.origin
export const edgeProgram = process.env[bundleVariables.edge] ?? sources.edge
