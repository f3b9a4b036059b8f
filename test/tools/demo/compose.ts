/**
 * Makes `loop.mp3`, the piece that the demo plays: `node test/tools/demo/compose.ts` (needs ffmpeg with libmp3lame).
 *
 * Eight bars at 75 beats a minute, 25.6 s: exactly 980 MP3 frames, so the file can follow itself without a seam.
 * The samples are computed on a ring (what rings on past the end sounds at the beginning), encoded three times over
 * without a bit reservoir, and the middle third of the frames is kept: it begins and ends in the same sound.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { framesOf } from '../../kit/audio/mpeg.ts'

const sampleRate = 44_100
const frames = 980
const length = frames * 1152
const beat = length / 32

/** Semitones from a' (440 Hz). C, Am, F, G, Em, Am, Dm, Gsus: a chord a bar, its bass first. */
const bars = [
  [-33, -14, -9, -5, -2],
  [-36, -12, -9, -5, 0],
  [-40, -12, -9, -5, -4],
  [-38, -14, -10, -7, -2],
  [-41, -14, -10, -5, -2],
  [-36, -12, -9, -5, 0],
  [-43, -16, -12, -9, -4],
  [-38, -14, -9, -7, -2],
] as const

/** Two notes a bar, on the second beat and after the third. */
const melody = [
  [7, 10],
  [12, 10],
  [12, 7],
  [10, 5],
  [7, 10],
  [7, 3],
  [5, 8],
  [5, 2],
] as const
const hertz = (semitones: number) => 440 * 2 ** (semitones / 12)
const left = new Float64Array(length)
const right = new Float64Array(length)

/** A struck string or bell on the ring: partials that fade, the higher the sooner. `pan` from 0 (left) to 1. */
function strike(at: number, semitones: number, loudness: number, seconds: number, pan: number): void {
  const samples = Math.floor(seconds * 4 * sampleRate)
  for (let i = 0; i < samples; i++) {
    const t = i / sampleRate
    const angle = 2 * Math.PI * hertz(semitones) * t
    const body =
      Math.sin(angle) +
      0.35 * Math.sin(2 * angle) * Math.exp(-2 * t) +
      0.15 * Math.sin(3 * angle) * Math.exp(-5 * t)
    const level = loudness * body * Math.exp(-t / seconds) * Math.min(1, t * 200)
    mix(at + i, level, pan)
  }
}

/** A pad: two voices slightly apart in pitch, swelling and fading over `samples`. */
function swell(at: number, semitones: number, loudness: number, samples: number, pan: number): void {
  for (let i = 0; i < samples; i++) {
    const t = i / sampleRate
    const angle = 2 * Math.PI * hertz(semitones) * t
    const voices = Math.sin(angle * 1.0015) + Math.sin(angle * 0.9985) + 0.3 * Math.sin(2 * angle)
    mix(at + i, loudness * voices * Math.sin((Math.PI * i) / samples) ** 2, pan)
  }
}

function mix(at: number, level: number, pan: number): void {
  const i = Math.round(at) % length
  left[i] = (left[i] ?? 0) + level * (1 - pan)
  right[i] = (right[i] ?? 0) + level * pan
}

function compose(): void {
  for (const [bar, [bass, ...chord]] of bars.entries()) {
    const at = bar * 4 * beat
    strike(at, bass, 0.5, 1.6, 0.5)
    for (const [i, note] of chord.entries())
      swell(at - beat + length, note, 0.05, Math.floor(6 * beat), 0.25 + i / 6)
    for (let eighth = 0; eighth < 8; eighth++) {
      const note = chord[[0, 2, 1, 3, 2, 1, 3, 2][eighth] ?? 0] ?? 0
      const pan = eighth % 2 ? 0.7 : 0.3
      strike(at + (eighth * beat) / 2, note, 0.12, 0.5, pan)
      strike(at + (eighth * beat) / 2 + beat * 0.75, note, 0.04, 0.4, 1 - pan) // an echo across the room
    }
    const [tune = 0, answer = 0] = melody[bar] ?? []
    strike(at + beat, tune, 0.13, 1.2, 0.55)
    strike(at + 2.5 * beat, answer, 0.1, 1, 0.45)
  }
}

/** 16 bit, stereo, at three quarters of full scale. */
function pcm(): Buffer {
  const loudest = left.reduce((most, level, i) => Math.max(most, Math.abs(level), Math.abs(right[i] ?? 0)), 0)
  const samples = new Int16Array(length * 2)
  for (let i = 0; i < length; i++) {
    samples[2 * i] = Math.round(((left[i] ?? 0) / loudest) * 24_000)
    samples[2 * i + 1] = Math.round(((right[i] ?? 0) / loudest) * 24_000)
  }
  return Buffer.from(samples.buffer)
}

function encode(samples: Buffer): Uint8Array {
  const input = ['-f', 's16le', '-ar', String(sampleRate), '-ac', '2', '-i', 'pipe:0']
  const mp3 = [
    '-c:a',
    'libmp3lame',
    '-b:a',
    '128k',
    '-reservoir',
    '0',
    '-write_xing',
    '0',
    '-id3v2_version',
    '0',
  ]
  const { status, stdout, stderr } = spawnSync(
    'ffmpeg',
    ['-v', 'error', ...input, ...mp3, '-f', 'mp3', 'pipe:1'],
    {
      input: samples,
      maxBuffer: 1 << 24,
    },
  )
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`)
  return stdout
}

compose()
const once = pcm()
const all = framesOf(encode(Buffer.concat([once, once, once]))).frames
const loop = Buffer.concat(all.slice(frames, 2 * frames))
writeFileSync(join(import.meta.dirname, 'loop.mp3'), loop)
console.log(`loop.mp3: ${frames} frames, ${(length / sampleRate).toFixed(1)} s, ${loop.length} bytes`)
