import { tagAt } from '../../../../origin/format/tags.ts'
import { printId3 } from '../../../../origin/hls/id3.ts'
import { type Target, textOf } from '../target.ts'

export const id3: Target = {
  name: 'id3',
  about: 'tags in MPEG audio: a size that is exact once enough bytes are there; ID3 tags of HLS have theirs',
  files: 'origin/',
  tokens: ['ID3\u0004\0\0\0\0\0\u0005', 'TAG', 'TAG+', 'APETAGEX', '\u007f', '\0\0\0\u00a0'],
  read: (input) => void tagAt(input, 0),
  check(input) {
    const whole = tagAt(input, 0)
    for (let end = 0; end < Math.min(input.length, 40); end++) {
      const size = tagAt(input.subarray(0, end), 0)
      if (size !== 'short' && size !== whole)
        throw new Error(`the size is ${whole}, by the first ${end} bytes ${size}`)
    }
    const title = textOf(input.subarray(0, 500))
    const tag = printId3(BigInt(input.length) << 20n, {
      title,
      artist: input.length % 2 === 0 ? title : undefined,
    })
    if (tagAt(tag, 0) !== tag.length) throw new Error(`a tag of ${tag.length} bytes says ${tagAt(tag, 0)}`)
  },
}
