import { afterAll } from 'vitest'
import { stopAll } from './process.ts'

/** After each file of live tests: a program that a failed test has left is stopped here. */
afterAll(stopAll)
