/**
 * Stops this program when its parent process is gone: otherwise a demo whose parent, or whose npm, was killed by `kill -9`
 * would keep playing.
 */
export function startLifeline(): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}
