import { deepStrictEqual } from 'node:assert/strict'
import { createConfig } from '../../../../origin/config/config.ts'
import { ConfigError } from '../../../../origin/config/error.ts'
import { readIcecast, type XmlElement } from '../../../../origin/config/xml/element.ts'
import { decodeXml } from '../../../../origin/config/xml/encoding.ts'
import { parseIcecastXml } from '../../../../origin/config/xml/icecast-xml.ts'
import { escapeMarkup } from '../../../../shared/escape-markup.ts'
import { orError, type Target } from '../target.ts'

const print = ({ name, text, attributes, children }: XmlElement): string => {
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeMarkup(value)}"`)
  return `<${name}${said.join('')}>${escapeMarkup(text)}${children.map(print).join('')}</${name}>`
}
/** An element without the line that it is on. */
const shown = ({ name, text, attributes, children }: XmlElement): object => ({
  name,
  text,
  attributes,
  children: children.map(shown),
})
const config = [ConfigError]

export const xml: Target = {
  name: 'xml',
  about: 'icecast.xml of others: a configuration or a ConfigError; printed and read again, the same elements',
  files: 'origin/config/',
  tokens: [
    '<icecast>',
    '</icecast>',
    '<mount>',
    '</mount>',
    '<mount-name>/a</mount-name>',
    '<limits>',
    '</limits>',
    '<listen-socket><port>8000</port></listen-socket>',
    '<authentication type="url">',
    '</authentication>',
    '<option name="listener_add" value="http://a"/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&#65;',
    '<?xml version="1.0"?>',
    '<!DOCTYPE a>',
    '<relay><server>a</server><port>1</port><mount>/a</mount></relay>',
    '<burst-size>65536</burst-size>',
    '<x/>',
    ' a="b"',
  ],
  check(input) {
    const text = orError(config, () => decodeXml(input))
    if (text.startsWith('ConfigError: ')) return
    const root = orError(config, () => readIcecast(text))
    if (typeof root === 'string') return
    const again = orError(config, () => readIcecast(print(root)))
    deepStrictEqual(typeof again === 'string' ? again : shown(again), shown(root), 'printed and read again')
    orError(config, () => createConfig({ flags: {}, environment: {}, file: parseIcecastXml(text) }))
  },
}
