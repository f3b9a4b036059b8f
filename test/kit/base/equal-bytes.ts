import { expect } from 'vitest'

/** Equal bytes are compared at once: vitest would compare them one by one, each as a property by its name. */
expect.addEqualityTesters([
  (a, b) =>
    a instanceof Uint8Array &&
    b instanceof Uint8Array &&
    a.constructor === b.constructor &&
    Buffer.compare(a, b) === 0
      ? true
      : undefined,
])
