import { expect, test } from 'vitest'
import { parametersOf } from '../../../origin/admin/form.ts'

test('a form may end in blanks and line ends, and a title in UTF-8 keeps the byte A0 at its end, a part of à and Р', async () => {
  const request = new Request('http://a/admin/metadata?mode=updinfo', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('song=Voilà \r\n'),
  })
  const parameters = await parametersOf(request)
  expect(Buffer.from(parameters, 'latin1').toString()).toBe('mode=updinfo&song=Voilà')
})
