import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { numberedFrame } from '../audio/numbered-frames.ts'
import { encodeFile } from './encoder.ts'

/** Music for encoders that play files: pieces of five seconds, each with a title. */
export interface Pieces {
  folder: string
  titles: readonly string[]
  seconds: number
  /** the same pieces as MP3, every frame another, and as Ogg Vorbis */
  mp3: readonly string[]
  vorbis: readonly string[]
}

/** frames of a piece: five seconds of them */
const pieceFrames = 192
const pieceSeconds = (pieceFrames * 1152) / 44_100

/** Writes so many pieces into a folder. */
export function makePieces(folder: string, count: number): Pieces {
  const titles = Array.from({ length: count }, (_, i) => `Piece ${i + 1}`)
  const mp3 = titles.map((title, i) => {
    const file = join(folder, `${title}.mp3`)
    const frames = Array.from({ length: pieceFrames }, (_, n) => numberedFrame(i * pieceFrames + n))
    writeFileSync(file, Buffer.concat(frames))
    return file
  })
  const vorbis = titles.map((title, i) => {
    const file = join(folder, `${title}.ogg`)
    const sound = `sine=frequency=${440 + 20 * i}:sample_rate=44100:duration=${pieceSeconds}`
    const encoding = ['-ac', '2', '-c:a', 'libvorbis', '-q:a', '4', '-metadata', `title=${title}`]
    encodeFile(sound, encoding, file)
    return file
  })
  return { folder, titles, seconds: count * pieceSeconds, mp3, vorbis }
}
