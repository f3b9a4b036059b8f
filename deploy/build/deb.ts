import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Architecture } from './binary.ts'
import { root } from './bundle.ts'
import { run } from './run.ts'

const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Replaces a text that has to be there once, so that a change of the file cannot go unnoticed. */
function replaceOnce(text: string, before: string, after: string): string {
  if (text.split(before).length !== 2)
    throw new Error(`"${before}" has to occur exactly once in the file that is packaged`)
  return text.replace(before, after)
}

/** deploy/icecast.xml as a package installs it: with log files. */
export function packagedOriginXml(): string {
  const commands = replaceOnce(
    read('deploy/icecast.xml'),
    'To run it: set the passwords in <authentication>, and give this file to "./distributary origin" by its flag "config".',
    'To run it: set the passwords in <authentication>, then: systemctl enable distributary-origin; systemctl start distributary-origin.',
  )
  return replaceOnce(
    commands,
    '<!--<logdir>/var/log/icecast2</logdir>-->',
    '<logdir>/var/log/distributary</logdir>',
  )
}

/** .env.example as a package installs it: with its folder. */
export function packagedEdgeEnv(): string {
  const commands = replaceOnce(
    read('.env.example'),
    '# To run an edge: copy this file to edge.env, set the two passwords, and then\n#     ./distributary edge --env-file edge.env\n',
    '# To run an edge: set the two passwords, and then\n#     systemctl enable --now distributary-edge\n',
  )
  return replaceOnce(commands, '\nDATA_DIR=./data\n', '\nDATA_DIR=/var/lib/distributary/edge\n')
}

/** The files of the package, except the program: path, permissions, text. */
const filesOf = (): [path: string, mode: number, text: string][] => [
  ['etc/distributary/origin.xml', 0o640, packagedOriginXml()],
  ['etc/distributary/edge.env', 0o640, packagedEdgeEnv()],
  ['etc/logrotate.d/distributary', 0o644, read('deploy/debian/logrotate')],
  ...['distributary-origin.service', 'distributary-edge.service'].map((unit): [string, number, string] => [
    `usr/lib/systemd/system/${unit}`,
    0o644,
    read(`deploy/systemd/${unit}`),
  ]),
  ['usr/share/doc/distributary/copyright', 0o644, read('deploy/debian/copyright') + read('LICENSE')],
]

const scripts = ['postinst', 'prerm', 'postrm']

export interface DebOptions {
  /** the compiled program */
  binary: string
  architecture: Architecture
  version: string
  /** the file to write */
  out: string
  /** seconds since 1970 that the files have as their time */
  epoch: number
  /** dpkg-deb's: `xz` for a release */
  compression: 'xz' | 'none'
}

/** Makes a package of Debian. The same program, version and epoch make the same bytes. */
export function makeDeb({ binary, architecture, version, out, epoch, compression }: DebOptions): void {
  const folder = mkdtempSync(join(tmpdir(), 'deb-'))
  const put = (path: string, mode: number, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    chmodSync(join(folder, path), mode)
  }
  try {
    chmodSync(folder, 0o755)
    const files = filesOf()
    for (const [path, mode, text] of files) put(path, mode, text)
    mkdirSync(join(folder, 'usr/bin'), { recursive: true })
    copyFileSync(binary, join(folder, 'usr/bin/distributary'))
    chmodSync(join(folder, 'usr/bin/distributary'), 0o755)
    const size = statSync(binary).size + files.reduce((sum, [, , text]) => sum + text.length, 0)
    const fields = { VERSION: version, ARCHITECTURE: architecture, KIBIBYTES: String(Math.ceil(size / 1024)) }
    put(
      'DEBIAN/control',
      0o644,
      read('deploy/debian/control').replace(
        /@([A-Z]+)@/g,
        (_, name: string) => `${fields[name as keyof typeof fields]}`,
      ),
    )
    put(
      'DEBIAN/conffiles',
      0o644,
      files.flatMap(([path]) => (path.startsWith('etc/') ? `/${path}\n` : [])).join(''),
    )
    for (const script of scripts) put(`DEBIAN/${script}`, 0o755, read(`deploy/debian/${script}`))
    run('find', [folder, '-type', 'd', '-exec', 'chmod', '0755', '{}', '+'], root) // whatever umask made them
    const flags = ['--root-owner-group', `-Z${compression}`, '--threads-max=1', '--build', folder, out]
    run('dpkg-deb', flags, root, { SOURCE_DATE_EPOCH: String(epoch) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
