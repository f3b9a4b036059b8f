import { flushCompileCache } from 'node:module'
import { afterAll, beforeAll } from 'vitest'
import { stopAll } from './process.ts'

/**
 * Once the modules of a file are there, Node saves what it has compiled of them for the files after it (`NODE_COMPILE_CACHE`, by
 * bundle-once.ts): it would do so at its exit, but vitest ends its processes by a signal.
 */
beforeAll(() => flushCompileCache())

/** After each file of live tests: a program that a failed test has left is stopped here. */
afterAll(stopAll)
