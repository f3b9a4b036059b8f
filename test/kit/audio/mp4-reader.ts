import { createFile, type ISOFile, Log, MP4BoxBuffer } from 'mp4box'
import { joined } from '../../../shared/bytes.ts'

// it reads past the end of each `dfLa`, also of ffmpeg's, and prints that
Log.error = () => {}

/** What another program's parser reads from an initialization segment and the segments that follow it. */
export interface ReadMp4 {
  file: ISOFile
  /** of the only track */
  codec: string
  timescale: number
  samples: { dts: number; duration: number; bytes: Uint8Array }[]
}

/** Reads a track of fragmented MP4 with mp4box. */
export function readMp4(init: Uint8Array, segments: readonly (readonly Uint8Array[])[]): ReadMp4 {
  const file = createFile()
  const samples: ReadMp4['samples'] = []
  let found: { codec: string; timescale: number } | undefined
  file.onReady = ({ tracks: [track] }) => {
    if (!track) return
    found = track
    file.setExtractionOptions(track.id, undefined, { nbSamples: 1 })
    file.start()
  }
  file.onSamples = (_id, _user, extracted) => {
    for (const { dts, duration, data } of extracted)
      samples.push({ dts, duration, bytes: data ?? new Uint8Array() })
  }
  let at = 0
  for (const bytes of [init, ...segments.map((pieces) => joined(pieces))]) {
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.slice().buffer, at))
    at += bytes.length
  }
  file.flush()
  if (!found) throw new Error('mp4box found no track')
  return { file, codec: found.codec, timescale: found.timescale, samples }
}
