import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { example, replaceAll } from '../process/examples.ts'
import { freePortBlock, isListening } from '../process/ports.ts'
import { type Program, start, whenReady } from '../process/process.ts'
import type { Certificate } from '../process/tls.ts'

/** Ports of a program behind a proxy. */
interface Front {
  http: number
  https: number
}

/** A proxy that runs by its file of docs/examples, in front of an edge and of an origin. */
export interface ProxyServer {
  edge: Front
  origin: Front
  /** bytes pass, whatever they are: sources that announce no length too */
  passesBytes: boolean
  stop(): Promise<void>
}

interface Behind {
  /** the host that clients ask for */
  name: string
  folder: string
  edgePort: number
  originPort: number
  certificate: Certificate
}

async function whenListening(program: Program, front: Omit<ProxyServer, 'stop'>): Promise<ProxyServer> {
  const ports = [...Object.values(front.edge), ...Object.values(front.origin)]
  const listens = async () => (await Promise.all(ports.map(isListening))).every(Boolean)
  await whenReady(program, listens, 'the proxy does not listen')
  return { ...front, stop: () => program.stop() }
}

async function fronts(): Promise<Pick<ProxyServer, 'edge' | 'origin'>> {
  const base = await freePortBlock(4)
  return { edge: { http: base, https: base + 1 }, origin: { http: base + 2, https: base + 3 } }
}

/** What a server block of nginx listens on, in the order of the example. */
function listening(text: string, { edge, origin }: Pick<ProxyServer, 'edge' | 'origin'>): string {
  const [head, ...servers] = text.split('server {')
  const of = [edge, origin]
  return [
    head,
    ...servers.map((server, i) => {
      const front = of[i] ?? edge
      return server
        .replace('listen 80;', `listen 127.0.0.1:${front.http};`)
        .replace('listen 443 ssl;', `listen 127.0.0.1:${front.https} ssl;`)
    }),
  ].join('server {')
}

export async function startNginx(behind: Behind, more = ''): Promise<ProxyServer> {
  const { folder, edgePort, originPort, certificate } = behind
  const at = await fronts()
  const site = replaceAll(listening(example('nginx.conf'), at), {
    '127.0.0.1:8000': `127.0.0.1:${edgePort}`,
    '127.0.0.1:8001': `127.0.0.1:${originPort}`,
    '/etc/ssl/edge.example.org.pem': certificate.certFile,
    '/etc/ssl/edge.example.org.key': certificate.keyFile,
    '/etc/ssl/radio.example.org.pem': certificate.certFile,
    '/etc/ssl/radio.example.org.key': certificate.keyFile,
  })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const root = process.getuid?.() === 0 ? 'user root;' : ''
  const config = join(folder, 'nginx.conf')
  writeFileSync(
    config,
    `${root} pid ${folder}/nginx.pid; error_log stderr; daemon off;
events {}
http { access_log off; ${temporary.join(' ')}
${site}
${more}
}`,
  )
  const program = start('nginx', ['-e', 'stderr', '-p', folder, '-c', config])
  return whenListening(program, { ...at, passesBytes: false })
}

export async function startCaddy({
  name,
  folder,
  edgePort,
  originPort,
  certificate,
}: Behind): Promise<ProxyServer> {
  const at = await fronts()
  const tls = `tls ${certificate.certFile} ${certificate.keyFile}`
  const sites = (host: string) => `http://${host}.example.org, https://${host}.example.org {`
  const here = ({ http, https }: Front, block: string) => [
    `http://${name}:${http} {\n\tbind 127.0.0.1\n${block}`,
    `https://${name}:${https} {\n\tbind 127.0.0.1\n\t${tls}\n${block}`,
  ]
  const [, edgeBlock = '', originBlock = ''] =
    new RegExp(`${sites('edge')}\n(.*?\n}\n)\n${sites('radio')}\n(.*?\n}\n)`, 's').exec(
      example('Caddyfile'),
    ) ?? []
  const text = replaceAll([...here(at.edge, edgeBlock), ...here(at.origin, originBlock)].join('\n'), {
    '127.0.0.1:8000': `127.0.0.1:${edgePort}`,
    '127.0.0.1:8001': `127.0.0.1:${originPort}`,
  })
  const config = join(folder, 'Caddyfile')
  // a test has no port 80 for redirects and no place for Caddy's own administration
  writeFileSync(config, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${text}`)
  mkdirSync(join(folder, 'home'))
  const env = { HOME: join(folder, 'home'), XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
  const program = start('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], { env })
  return whenListening(program, { ...at, passesBytes: false })
}

export async function startHaproxy({
  folder,
  edgePort,
  originPort,
  certificate,
}: Behind): Promise<ProxyServer> {
  const at = await fronts()
  const pem = join(folder, 'haproxy.pem')
  writeFileSync(pem, readFileSync(certificate.certFile, 'utf8') + readFileSync(certificate.keyFile, 'utf8'))
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(
    config,
    replaceAll(example('haproxy.cfg'), {
      '198.51.100.10:80': `127.0.0.1:${at.edge.http}`,
      '198.51.100.10:443': `127.0.0.1:${at.edge.https}`,
      '198.51.100.11:80': `127.0.0.1:${at.origin.http}`,
      '198.51.100.11:443': `127.0.0.1:${at.origin.https}`,
      '127.0.0.1:8000': `127.0.0.1:${edgePort}`,
      '127.0.0.1:8001': `127.0.0.1:${originPort}`,
      '/etc/haproxy/edge.example.org.pem': pem,
      '/etc/haproxy/radio.example.org.pem': pem,
    }),
  )
  return whenListening(start('haproxy', ['-db', '-f', config]), { ...at, passesBytes: true })
}
