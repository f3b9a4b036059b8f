import { afterAll, afterEach } from 'vitest'
import { lastWords, stopAll } from '../process/process.ts'

/** After each file of live tests: a program that a failed test has left is stopped here. */
afterAll(stopAll)

/** The programs of a failed test, before they are stopped. */
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(lastWords().join('\n\n') || 'no program runs')
})
