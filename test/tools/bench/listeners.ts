import { connect, type Socket } from 'node:net'

// Runs as a separate process, so that its work is not counted as the server's:
// `node listeners.ts PORT MOUNT COUNT JOINS_PER_SECOND` prints a line of JSON each second, until it is killed.
const [port, mount, count, perSecond] = process.argv.slice(2)
const request = Buffer.from(`GET ${mount} HTTP/1.1\r\nHost: bench\r\n\r\n`)
const total = Number(count)
const joinMs: number[] = []
let received = 0
let closed = 0
let refused = 0

function join(): void {
  const begun = performance.now()
  const socket: Socket = connect(Number(port), '127.0.0.1', () => socket.write(request))
  socket.once('data', (bytes) => {
    joinMs.push(performance.now() - begun)
    if (!bytes.includes(' 200 ', 0, 'latin1')) refused++
  })
  socket.on('data', (bytes) => {
    received += bytes.length
  })
  socket.on('error', () => {})
  socket.once('close', () => closed++)
}

/** ms between two looks at how many joins are due */
const tickMs = 5
let begun = 0
const start = performance.now()
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * Number(perSecond)))
  for (; begun < due; begun++) join()
  if (begun === total) clearInterval(timer)
}, tickMs)

setInterval(() => {
  const sorted = joinMs.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  console.log(JSON.stringify({ joined: joinMs.length, refused, closed, received, p99 }))
}, 1000)
