import { openDescriptors, residentKib } from '../../kit/process/process-use.ts'

/** Memory of a program in MiB; 0 where it has exited. */
export const residentMiB = (pid: number): number => orZero(() => residentKib(pid) / 1024)

/** Descriptors that a program has open; 0 where it has exited. */
export const descriptorsOf = (pid: number): number => orZero(() => openDescriptors(pid))

/** @param read throws where the program is gone, and is NaN while its parent has not asked how it ended */
function orZero(read: () => number): number {
  try {
    return read() || 0
  } catch {
    return 0
  }
}
