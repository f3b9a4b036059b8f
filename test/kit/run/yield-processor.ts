import { constants, setPriority } from 'node:os'

/** Files that only compute, for a minute: they take what those that wait leave of the processor. */
setPriority(constants.priority.PRIORITY_LOW)
