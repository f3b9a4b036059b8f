import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { numberedFrame } from './numbered-frames.ts'

/** A folder that lasts as long as the test that asks for it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder that lasts as long as the `describe` in which it is asked for. */
export function suiteFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An MP3 file of numbered frames, for encoders that send what they read. */
export function numberedFile(frames: number): string {
  const file = join(testFolder(), 'numbered.mp3')
  writeFileSync(file, Buffer.concat(Array.from({ length: frames }, (_, n) => numberedFrame(n))))
  return file
}
