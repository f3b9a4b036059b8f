import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Browser, Frame, Page } from 'playwright-core'
import { eventually, patienceMs } from '../base/eventually.ts'
import { look, type PlayerLook, tell, type Witnessed, watch, witness, witnessed } from './player-watch.ts'

const { resolve } = createRequire(import.meta.url)
const scripts = new Map([
  ['/video.js', readFileSync(resolve('video.js/dist/video.min.js'))],
  ['/hls.js', readFileSync(resolve('hls.js/dist/hls.min.js'))],
])
/** video.js without its buttons, and ten frames a second: it asks for sixty to keep its text tracks, which costs more than to play. */
const videoPage = `<!doctype html><audio class="video-js"></audio>
<script>
  window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), 100)
  window.cancelAnimationFrame = clearTimeout
</script>
<script src="/video.js"></script>
<script>
  window.begin = () => {
    window.player = videojs(document.querySelector('audio'), { children: ['mediaLoader'], html5: { vhs: { overrideNative: true } } })
    player.on('error', () => { window.problem = player.error().message })
    player.src({ src: new URLSearchParams(location.search).get('src'), type: 'application/vnd.apple.mpegurl' })
    return player.play()
  }
</script>`
const hlsPage = `<!doctype html><audio></audio><script src="/hls.js"></script>
<script>
  window.begin = () => {
    const audio = document.querySelector('audio')
    window.player = new Hls()
    player.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) window.problem = details })
    player.loadSource(new URLSearchParams(location.search).get('src'))
    player.attachMedia(audio)
    return audio.play()
  }
</script>`
const pages = new Map([
  ['/video', videoPage],
  ['/hls', hlsPage],
])

/** A web site in a browser that shows many players at once, each in a frame: player pages of an edge, and video.js and hls.js as they are. */
export class HlsStage {
  readonly #site = createServer((request, answer) => {
    const [path = ''] = (request.url ?? '').split('?')
    const script = scripts.get(path)
    if (script) answer.end(script)
    else {
      answer.setHeader('content-type', 'text/html')
      answer.end(pages.get(path) ?? '<!doctype html><title>A station</title>')
    }
  })
  #page: Page | undefined
  #frames = 0

  async open(browser: Browser): Promise<void> {
    await new Promise<void>((resolve) => this.#site.listen(0, '127.0.0.1', resolve))
    this.#page = await browser.newPage()
    this.#page.setDefaultTimeout(patienceMs)
    await this.#page.goto(this.#url)
    await this.#page.evaluate(witness)
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#site.address() as AddressInfo).port}/`
  }

  get page(): Page {
    if (!this.#page) throw new Error('the stage is not open')
    return this.#page
  }

  /** What the machine has done to the players until now. */
  witnessed(): Promise<Witnessed> {
    return this.page.evaluate<Witnessed>(witnessed)
  }

  /** Shows a player page in a frame, and presses play. */
  async play(url: string): Promise<Frame> {
    const frame = await this.#show(url)
    await frame.locator('.play').click()
    return frame
  }

  /** The same with video.js. @param playlist the multivariant playlist */
  playByVideoJs(playlist: string): Promise<Frame> {
    return this.#begin('video', playlist)
  }

  /** The same with hls.js and its own settings, as a station's page has it that is not ours. */
  playByHlsJs(playlist: string): Promise<Frame> {
    return this.#begin('hls', playlist)
  }

  async #begin(page: string, playlist: string): Promise<Frame> {
    const frame = await this.#show(`${this.#url}${page}?src=${encodeURIComponent(playlist)}`)
    await frame.evaluate('void begin()')
    return frame
  }

  async #show(url: string): Promise<Frame> {
    const name = `frame${++this.#frames}`
    await this.page.evaluate(
      `(() => {
        const frame = document.createElement('iframe')
        Object.assign(frame, { name: '${name}', src: ${JSON.stringify(url)}, width: 400, height: 110 })
        document.body.append(frame)
      })()`,
    )
    const frame = await eventually(() => this.page.frame({ name }) ?? undefined)
    await frame.waitForLoadState()
    await frame.evaluate(watch)
    return frame
  }

  async close(): Promise<void> {
    await this.#page?.close()
    this.#site.close()
  }
}

/** What the player in a frame tells of itself. */
export const lookAt = (frame: Frame) => frame.evaluate<PlayerLook>(look)

/** What happened there, for a person. */
export const toldBy = (frame: Frame) => frame.evaluate<string>(tell)
