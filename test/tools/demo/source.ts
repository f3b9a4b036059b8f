import { readFileSync } from 'node:fs'
import { loopOf, setTitle, startSource } from '../../kit/audio/source.ts'

const title = 'distributary - The River Divides'

/** Plays `loop.mp3` to a mount of a master in an endless loop, with the password in `SOURCE_PASSWORD`. */
export function play([url = '']: readonly string[]): void {
  const password = process.env.SOURCE_PASSWORD ?? ''
  startSource({
    url,
    password,
    programme: loopOf(readFileSync(new URL('./loop.mp3', import.meta.url))),
    headers: { 'Ice-Name': 'The distributary demo', 'Ice-Genre': 'Ambient', 'Ice-Public': '0' },
    onEvent(event) {
      console.log(event)
      if (event === 'playing') setTitle(url, password, title).catch((error) => console.log(error.message))
    },
  })
  process.on('SIGTERM', () => process.exit(0))
}
