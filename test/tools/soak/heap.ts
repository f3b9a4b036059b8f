import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Preloaded into a distributary server: writes the used bytes of its heap to a file for the soak, since no system call returns them.
const everyMs = 5000
const folder = process.env.HEAP_DIR

const write = () => {
  if (folder !== undefined)
    writeFileSync(join(folder, String(process.pid)), String(process.memoryUsage().heapUsed))
}
write()
setInterval(write, everyMs).unref()
