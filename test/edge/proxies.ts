/** Real proxies on loopback, each with two doors: one where it verifies the client's certificate, one where it only hands it on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import type { CertificateSource } from 'countersign/edge'
import { fromApache, fromCaddy, fromEnvoy, fromHaproxy, fromNginx } from 'countersign/edge'
import { listens, start, type Issued, type Program } from '../node/programs.ts'

export const secret = 'correct-horse-battery-staple'

export interface Door {
  readonly port: number
  /** Where requests go on to. */
  readonly backend: number
  /** Whether the proxy sends its secret. */
  readonly proves: boolean
  /** Whether the proxy verifies certificates, and lets in who presents none. */
  readonly verifies: boolean
}

export interface Setting {
  readonly folder: string
  readonly server: Issued
  readonly anchor: Issued
  readonly doors: readonly Door[]
}

export interface Proxy {
  /** The program, and how to ask whether it is here. */
  readonly program: string
  readonly source: CertificateSource
  /** Whether the chain is handed on. */
  readonly chain: boolean
  /** Whether the proxy, and not the handler, turns away who presents a certificate that does not verify. */
  readonly strict: boolean
  start(setting: Setting): Promise<Program>
}

const names = { certificate: 'X-Client-Cert', verify: 'X-Client-Verify' }
const secretOf = ({ proves }: Door): string => (proves ? secret : '')

async function running(program: Program, doors: readonly Door[]): Promise<Program> {
  for (const { port } of doors) await listens(port, program)
  return program
}

function write(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const nginx: Proxy = {
  program: 'nginx', chain: false, strict: false, source: fromNginx(names),
  async start({ folder, server, anchor, doors }) {
    const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/tmp-${kind};`).join(' ')
    const file = write(folder, 'nginx.conf', `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 64; }
http { access_log off; ${scratch}
${doors.map((door) => `server {
  listen 127.0.0.1:${door.port} ssl; ssl_certificate ${server.pem}; ssl_certificate_key ${server.key};
  ssl_client_certificate ${anchor.pem}; ssl_verify_depth 4; ssl_verify_client ${door.verifies ? 'optional' : 'optional_no_ca'};
  location / {
    proxy_pass http://127.0.0.1:${door.backend};
    proxy_set_header Host $host;
    proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
    proxy_set_header X-Client-Verify $ssl_client_verify;
    proxy_set_header X-Proxy-Secret "${secretOf(door)}";
  }
}`).join('\n')}
}`)
    return running(start('nginx', ['-p', folder, '-e', 'stderr', '-c', file]), doors)
  },
}

const haproxy: Proxy = {
  program: 'haproxy', chain: true, strict: false, source: fromHaproxy({ ...names, chain: 'X-Client-Chain' }),
  async start({ folder, server, anchor, doors }) {
    const both = write(folder, 'haproxy.pem', readFileSync(server.pem, 'utf8') + readFileSync(server.key, 'utf8'))
    const file = write(folder, 'haproxy.cfg', `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
${doors.map((door, i) => `frontend front${i}
  bind 127.0.0.1:${door.port} ssl crt ${both} ca-file ${anchor.pem} verify optional crt-ignore-err all ca-ignore-err all
  http-request del-header X-Client-Cert
  http-request del-header X-Client-Chain
  http-request del-header X-Client-Verify
  http-request del-header X-Proxy-Secret
  http-request set-header X-Client-Cert %[ssl_c_der,base64] if { ssl_c_used }
  http-request set-header X-Client-Chain %[ssl_c_chain_der,base64] if { ssl_c_used }
  http-request set-header X-Client-Verify %[ssl_c_verify]
${door.proves ? `  http-request set-header X-Proxy-Secret ${secret}` : ''}
  default_backend back${i}
backend back${i}
  server one 127.0.0.1:${door.backend}`).join('\n')}
`)
    return running(start('haproxy', ['-f', file, '-db']), doors)
  },
}

const apache: Proxy = {
  program: 'apache2', chain: true, strict: true, source: fromApache({ ...names, chain: 'X-Client-Chain-' }),
  async start({ folder, server, anchor, doors }) {
    mkdirSync(join(folder, 'run'), { recursive: true })
    const modules = ['mpm_event', 'authz_core', 'socache_shmcb', 'ssl', 'proxy', 'proxy_http', 'headers']
    const file = write(folder, 'apache.conf', `ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/run/apache.pid
DefaultRuntimeDir ${folder}/run
ErrorLog ${folder}/apache.log
LogLevel warn
User ${process.getuid?.() === 0 ? 'www-data' : `#${process.getuid?.()}`}
Group ${process.getuid?.() === 0 ? 'www-data' : `#${process.getgid?.()}`}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
SSLSessionCache none
${doors.map((door) => `Listen 127.0.0.1:${door.port}
<VirtualHost 127.0.0.1:${door.port}>
  SSLEngine on
  SSLCertificateFile ${server.pem}
  SSLCertificateKeyFile ${server.key}
  SSLCACertificateFile ${anchor.pem}
  SSLVerifyDepth 4
  SSLVerifyClient ${door.verifies ? 'optional' : 'optional_no_ca'}
  SSLOptions +ExportCertData +StdEnvVars
  RequestHeader set X-Client-Cert "%{SSL_CLIENT_CERT}s"
  RequestHeader set X-Client-Verify "%{SSL_CLIENT_VERIFY}s"
${[0, 1, 2, 3].map((i) => `  RequestHeader set X-Client-Chain-${i} "%{SSL_CLIENT_CERT_CHAIN_${i}}s"`).join('\n')}
  RequestHeader ${door.proves ? `set X-Proxy-Secret ${secret}` : 'unset X-Proxy-Secret'}
  ProxyPreserveHost On
  ProxyPass / http://127.0.0.1:${door.backend}/
</VirtualHost>`).join('\n')}
`)
    const program = await running(start('apache2', ['-f', file, '-DFOREGROUND']), doors)
    // Its workers outlive a parent that is killed.
    const stop = async (): Promise<void> => {
      program.process.kill('SIGTERM')
      await program.ended
    }
    return { ...program, stop }
  },
}

const caddy: Proxy = {
  program: 'caddy', chain: false, strict: true, source: fromCaddy({ certificate: names.certificate }),
  async start({ folder, server, anchor, doors }) {
    const file = write(folder, 'Caddyfile', `{
  admin off
  auto_https off
  storage file_system ${folder}/caddy
}
${doors.map((door) => `https://localhost:${door.port} {
  bind 127.0.0.1
  tls ${server.pem} ${server.key} {
    client_auth {
      mode ${door.verifies ? 'verify_if_given' : 'request'}
      ${door.verifies ? `trust_pool file ${anchor.pem}` : ''}
    }
  }
  reverse_proxy 127.0.0.1:${door.backend} {
    header_up X-Client-Cert {http.request.tls.client.certificate_der_base64}
    header_up ${door.proves ? `X-Proxy-Secret ${secret}` : '-X-Proxy-Secret'}
  }
}`).join('\n')}
`)
    return running(start('caddy', ['run', '--adapter', 'caddyfile', '--config', file]), doors)
  },
}

const envoy: Proxy = {
  program: 'envoy', chain: true, strict: true, source: fromEnvoy({ hops: 1 }),
  async start({ folder, server, anchor, doors }) {
    const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })
    const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`
    const listener = (door: Door, i: number): object => ({
      name: `door${i}`, address: address(door.port),
      filter_chains: [{
        transport_socket: {
          name: 'envoy.transport_sockets.tls',
          typed_config: {
            '@type': type('transport_sockets.tls.v3.DownstreamTlsContext'), require_client_certificate: false,
            common_tls_context: {
              tls_certificates: [{ certificate_chain: { filename: server.pem }, private_key: { filename: server.key } }],
              validation_context: { trusted_ca: { filename: anchor.pem }, trust_chain_verification: door.verifies ? 'VERIFY_TRUST_CHAIN' : 'ACCEPT_UNTRUSTED' },
            },
          },
        },
        filters: [{
          name: 'envoy.filters.network.http_connection_manager',
          typed_config: {
            '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'), stat_prefix: `door${i}`,
            forward_client_cert_details: 'SANITIZE_SET', set_current_client_cert_details: { cert: true, chain: true, uri: true, dns: true, subject: true },
            http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': type('filters.http.router.v3.Router') } }],
            route_config: {
              virtual_hosts: [{
                name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: `back${i}` } }],
                ...(door.proves ? { request_headers_to_add: [{ header: { key: 'x-proxy-secret', value: secret }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }] } : { request_headers_to_remove: ['x-proxy-secret'] }),
              }],
            },
          },
        }],
      }],
    })
    const file = write(folder, 'envoy.json', JSON.stringify({
      static_resources: {
        listeners: doors.map(listener),
        clusters: doors.map((door, i) => ({
          name: `back${i}`, type: 'STATIC', load_assignment: { cluster_name: `back${i}`, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(door.backend) } }] }] },
        })),
      },
    }))
    return running(start('envoy', ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warn']), doors)
  },
}

export const proxies: Readonly<Record<string, Proxy>> = { nginx, HAProxy: haproxy, Apache: apache, Envoy: envoy, Caddy: caddy }

export function isHere({ program }: Proxy): boolean {
  const present = spawnSync(program, [program === 'caddy' ? 'version' : program === 'envoy' ? '--version' : '-v']).error === undefined
  if (!present) console.warn(`skipped: the program ${program} is not on this machine`)
  return present
}
