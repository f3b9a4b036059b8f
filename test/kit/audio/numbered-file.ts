import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testFolder } from '../process/files.ts'
import { numberedFrame } from './numbered-frames.ts'

/** An MP3 file of numbered frames, for encoders that send what they read. */
export function numberedFile(frames: number): string {
  const file = join(testFolder(), 'numbered.mp3')
  writeFileSync(file, Buffer.concat(Array.from({ length: frames }, (_, n) => numberedFrame(n))))
  return file
}
