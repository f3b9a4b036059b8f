import { dlopen, ptr } from 'bun:ffi'

/** Listeners that connect and read nothing. */
export interface StalledPlan {
  port: number
  mount: string
  count: number
}

// `bun stalled.ts PLAN`: connects, sends requests, reads nothing, and prints `stalled` when all are connected; runs until it is killed.
//
// It uses the system calls directly, since runtimes cannot set the segment size. On loopback a segment has 64 KiB, and the
// system buffers 4 MiB for each stalled listener before its server notices. With the segments of a real network it buffers
// about 100 KiB.
const plan: StalledPlan = JSON.parse(process.argv[2] ?? '{}')

/** bytes of a segment that fits through any network (RFC 9293, the default for IPv4) */
const segmentBytes = 536
/** receive buffer of a socket, in bytes; the kernel doubles it for its own bookkeeping */
const receiveBytes = 4096

// numbers of Linux, the same on x86-64 and on arm64
const inetFamily = 2
const streamType = 1
const [tcpLevel, maxSegment] = [6, 2]
const [socketLevel, receiveBuffer] = [1, 8]

const { symbols: system } = dlopen('libc.so.6', {
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  connect: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
})

const request = Buffer.from(`GET ${plan.mount} HTTP/1.1\r\nHost: stalled\r\n\r\n`)

/** sockaddr_in of a port of 127.0.0.1 */
function addressOf(port: number): Buffer {
  const address = Buffer.alloc(16)
  address.writeUInt16LE(inetFamily, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  return address
}

function setOption(descriptor: number, level: number, option: number, value: number): void {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  expectDone(system.setsockopt(descriptor, level, option, ptr(bytes), bytes.length), 'setsockopt')
}

function expectDone(result: number | bigint, call: string): void {
  if (Number(result) < 0) throw new Error(`${call} failed`)
}

const address = addressOf(plan.port)
for (let i = 0; i < plan.count; i++) {
  const descriptor = system.socket(inetFamily, streamType, 0)
  expectDone(descriptor, 'socket')
  setOption(descriptor, tcpLevel, maxSegment, segmentBytes)
  setOption(descriptor, socketLevel, receiveBuffer, receiveBytes)
  expectDone(system.connect(descriptor, ptr(address), address.length), 'connect')
  expectDone(system.send(descriptor, ptr(request), request.length, 0), 'send')
}
console.log('stalled')
setInterval(() => {}, 60_000)
