import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repo } from '../../kit/process/process.ts'
import { openDescriptors, residentKib } from '../../kit/process/process-use.ts'
import type { MemorySample } from './trend.ts'

const heapFolder = mkdtempSync(join(tmpdir(), 'heap-'))
const probe = join(repo, 'test/tools/soak/heap.ts')

/** The environment in which a distributary server reports its heap, on Node and on Bun. */
export const heapEnv: Record<string, string> = {
  HEAP_DIR: heapFolder,
  NODE_OPTIONS: `--import=${probe}`,
  BUN_OPTIONS: `--preload=${probe}`,
}

const mebibyte = 2 ** 20

/** The memory and descriptors of a process at this moment (Linux). Throws if it has exited. */
export function gauge(pid: number, atS: number): MemorySample {
  return {
    atS,
    residentMiB: residentKib(pid) / 1024,
    heapMiB: heapOf(pid),
    descriptors: openDescriptors(pid),
  }
}

function heapOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(join(heapFolder, String(pid)), 'latin1')) / mebibyte
  } catch {
    return undefined // it does not report its heap
  }
}
