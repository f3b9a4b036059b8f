/** Plays `loop.mp3` to a master in an endless loop: `SOURCE_PASSWORD=… node test/tools/demo/source.ts http://127.0.0.1:8001/live.mp3`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loopOf, setTitle, startSource } from '../../kit/source.ts'

const [url = ''] = process.argv.slice(2)
const password = process.env.SOURCE_PASSWORD ?? ''
const title = 'distributary - The River Divides'

startSource({
  url,
  password,
  programme: loopOf(readFileSync(join(import.meta.dirname, 'loop.mp3'))),
  headers: { 'Ice-Name': 'The distributary demo', 'Ice-Genre': 'Ambient', 'Ice-Public': '0' },
  onEvent(event) {
    console.log(event)
    if (event === 'playing') setTitle(url, password, title).catch((error) => console.log(error.message))
  },
})
process.on('SIGTERM', () => process.exit(0))
