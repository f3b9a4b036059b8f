import { connect, type Socket } from 'node:net'
import { numberedFrame } from '../../../kit/audio/numbered-frames.ts'
import { basic } from '../../../kit/audio/source.ts'

// Many sources of 128 kbit/s, and listeners of each: a process of its own, so that its time is not the server's.
// Arguments: port, password of sources, sources, listeners of each. Prints `ready` once all are connected.

const [port = 0, mounts = 0, listeners = 0] = [2, 4, 5].map((at) => Number(process.argv[at]))
const password = process.argv[3] ?? ''

/** ms between two writes of a source: ten frames, as encoders send */
const tickMs = 261.2
const framesOfTick = 10
/** connections opened at once: Icecast has a short queue for new ones */
const atOnce = 40

const pathOf = (mount: number) => `/mount-${mount}.mp3`
let received = 0
let gone = 0

function open(head: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    socket.once('error', reject)
    socket.once('data', () => resolve(socket))
    socket.once('close', () => gone++)
  })
}

async function startSource(mount: number): Promise<void> {
  const socket = await open(
    `SOURCE ${pathOf(mount)} HTTP/1.0\r\nAuthorization: ${basic('source', password)}\r\nContent-Type: audio/mpeg\r\n\r\n`,
  )
  let sent = 0
  const tick = () => {
    const frames = Array.from({ length: framesOfTick }, (_, i) => numberedFrame(sent + i))
    sent += framesOfTick
    socket.write(Buffer.concat(frames))
  }
  // as much at once as a burst holds: listeners that come soon get one
  for (let i = 0; i < 16; i++) tick()
  setTimeout(() => setInterval(tick, tickMs), Math.random() * tickMs)
}

async function startListener(mount: number): Promise<void> {
  const socket = await open(`GET ${pathOf(mount)} HTTP/1.0\r\nUser-Agent: load\r\n\r\n`)
  socket.on('data', (bytes) => {
    received += bytes.length
  })
}

async function each(count: number, begin: (index: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, count - i) }, (_, k) => begin(i + k)))
}

await each(mounts, startSource)
await each(mounts * listeners, (i) => startListener(i % mounts))
console.log('ready')
setInterval(() => {
  console.log(`received ${received} gone ${gone}`)
}, 1000)
