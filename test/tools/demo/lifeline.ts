/**
 * Preloaded into a program, ends it when the one that started it is gone: a demo whose start was killed by `kill -9`, or
 * whose npm was, would play on without anybody to stop it.
 */
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
}, 500).unref()

export {}
