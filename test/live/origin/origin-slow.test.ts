import { describe, expect, onTestFinished, test } from 'vitest'
import { lastNumber, numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listen } from '../../kit/wire/listener.ts'
import { connectRaw } from '../../kit/wire/raw.ts'

/** frames of one burst of the source, and ms between two: some thirty times faster than playback */
const framesAtOnce = 100
const pauseMs = 20

describe.for(originRuntimes)('slow listeners on %s', (runtime) => {
  test('are dropped when they fall off the queue, and the others hear every frame', async () => {
    const origin = await startOrigin(runtime)
    onTestFinished(() => origin.stop())
    const source = connectRaw(origin.port)
    const auth = basic('source', secrets.source)
    source.send(`SOURCE /live.mp3 HTTP/1.0\r\nAuthorization: ${auth}\r\n\r\n`)
    await source.until(/200 OK/)
    let sent = 0
    const play = () => {
      const frames = Array.from({ length: framesAtOnce }, () => numberedFrame(sent++))
      source.send(Buffer.concat(frames))
    }
    play()
    const quick = await listen(`${origin.url}/live.mp3`)
    const stalled = connectRaw(origin.port)
    stalled.socket.pause()
    stalled.send('GET /live.mp3 HTTP/1.0\r\n\r\n')
    const playing = setInterval(play, pauseMs)
    onTestFinished(() => {
      clearInterval(playing)
      quick.close()
      source.socket.destroy()
      stalled.socket.destroy()
    })

    const stats = async () => {
      const answer = await fetch(`${origin.url}/admin/stats`, {
        headers: { Authorization: basic('admin', secrets.admin) },
      })
      return answer.text()
    }
    await eventually(async () => /<slow_listeners>1</.test(await stats()))
    expect(await stats()).toContain('<listeners>1</listeners>')
    clearInterval(playing)
    await eventually(() => lastNumber(quick.audio()) + 1 === sent)
    const { first, count } = numbersInOrder(quick.audio())
    expect(first + count).toBe(sent)
    expect(quick.isClosed).toBe(false)
  })
})
