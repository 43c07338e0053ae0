/**
 * Real programs for tests of revocation: a CA of OpenSSL in a folder of its own, and servers on loopback that go away again.
 */
import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePem } from 'countersign/x509'
import { createVerifier, type Verdict, type Verifier, type VerifyRequest } from 'countersign'
import { createGuardedFetch } from 'countersign/node'
import { createRevocationChecker, type CertificateRevocation, type RevocationCheckerOptions } from 'countersign/revocation'
import { loopback } from './fetch-server.ts'

/** Whether a program is on this machine. What is skipped without it is said. */
export function has(program: string, ...args: string[]): boolean {
  const present = spawnSync(program, args).error === undefined
  if (!present) console.warn(`skipped: the program ${program} is not on this machine`)
  return present
}

export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'countersign-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Ports that are free, all of them different: none is given back before the last is taken. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!
}

export interface Program {
  readonly process: ChildProcessWithoutNullStreams
  output(): string
  /** Rejects where the program ends before. */
  until(pattern: RegExp): Promise<void>
  /** All that it said. */
  readonly ended: Promise<string>
  /** Resolves when it is gone. */
  stop(): Promise<void>
}

export function start(program: string, args: readonly string[], cwd: string = tmpdir(), env: NodeJS.ProcessEnv = process.env): Program {
  const child = spawn(program, args, { cwd, env })
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1')
      for (const look of waiting) look()
    })
  }
  child.stdin.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => child.on('close', () => resolve(output)))
  return {
    process: child, ended, output: () => output,
    until: (pattern) => new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(output)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`${program} ended without ${String(pattern)}:\n${output}`)))
    }),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Resolves when somebody listens there; rejects where the program ends before. */
export async function listens(port: number, program: Program): Promise<void> {
  let gone = false
  void program.ended.then(() => { gone = true })
  while (!gone) {
    const socket = net.connect(port, '127.0.0.1')
    const [event] = await Promise.race([once(socket, 'connect').then(() => ['connect']), once(socket, 'close').then(() => ['close'])]).catch(() => ['error'])
    socket.destroy()
    if (event === 'connect') return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`ended before it listened:\n${program.output()}`)
}

/** nginx over the files of a folder, with more directives in its server. */
export async function startNginx(folder: string, port: number, directives: string): Promise<Program> {
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/tmp-${kind};`).join('\n')
  const file = join(folder, 'nginx.conf')
  // One process, with the rights of the test: a worker of nginx’s own user could not read the folder.
  writeFileSync(file, `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 64; }
http {
  access_log ${folder}/access.log; default_type application/octet-stream; ${scratch}
  server { listen 127.0.0.1:${port}; root ${folder}/www; gzip on; gzip_types *; gzip_min_length 1; ${directives} }
}`)
  mkdirSync(join(folder, 'www'), { recursive: true })
  const program = start('nginx', ['-p', folder, '-e', 'stderr', '-c', file])
  await listens(port, program)
  return program
}

/** Redis or Valkey, whichever is here. */
export const redisProgram: string | undefined = ['redis-server', 'valkey-server'].find((program) => spawnSync(program, ['--version']).status === 0)

export async function startRedis(folder: string): Promise<Program & { readonly port: number }> {
  const port = await freePort()
  const program = start(redisProgram!, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder])
  await program.until(/Ready to accept connections/)
  return { ...program, port }
}

/** A certificate and its key, in files and in DER. */
export interface Issued {
  readonly pem: string
  readonly key: string
  readonly der: Uint8Array
}

const configuration = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = own.pem
private_key = own.key
default_md = sha256
default_days = 30
default_crl_days = 7
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
`

/** What a CA’s certificate says about itself. */
const caExtensions = ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign,cRLSign', 'subjectKeyIdentifier = hash']

/** `openssl ca` with its database, in a folder below another. */
export class OpensslCa implements Issued {
  readonly folder: string
  readonly pem: string
  readonly key: string
  readonly der: Uint8Array

  /** Signed by itself, or by `issuer` with more extensions. */
  constructor(parent: string, name: string, issuer?: OpensslCa, extensions: readonly string[] = []) {
    this.folder = join(parent, name)
    mkdirSync(this.folder)
    const write = (file: string, text: string): void => writeFileSync(join(this.folder, file), text)
    write('ca.cnf', configuration)
    write('index.txt', '')
    write('serial', `${issuer === undefined ? '1000' : '2000'}\n`)
    write('crlnumber', '0A\n')
    this.pem = join(this.folder, 'own.pem')
    this.key = join(this.folder, 'own.key')
    if (issuer === undefined) {
      write('self.cnf', `${configuration}[v3]\n${caExtensions.join('\n')}\n`)
      this.run('req', '-x509', '-config', 'self.cnf', '-extensions', 'v3', '-subj', `/CN=${name}`, '-days', '60', ...newKey, '-keyout', 'own.key', '-out', 'own.pem')
    } else {
      const { pem, key } = issuer.issue(name, [...caExtensions, ...extensions])
      write('own.pem', readFileSync(pem, 'utf8'))
      write('own.key', readFileSync(key, 'utf8'))
    }
    this.der = derOf(this.pem)
  }

  run(...args: string[]): Buffer {
    return execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Signs what is asked for, with extensions in OpenSSL’s own notation, and notes it in the database. */
  issue(name: string, extensions: readonly string[]): Issued {
    writeFileSync(join(this.folder, 'v3.cnf'), `[v3]\nauthorityKeyIdentifier = keyid\n${extensions.join('\n')}\n`)
    this.run('req', '-new', '-config', 'ca.cnf', '-subj', `/CN=${name}`, ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`)
    // Valid since yesterday: answers are judged at times before their own as well.
    const since = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+|[-T:]/g, '').slice(2)
    this.run('ca', '-batch', '-notext', '-config', 'ca.cnf', '-startdate', since, '-extfile', 'v3.cnf', '-extensions', 'v3', '-in', `${name}.csr`, '-out', `${name}.pem`)
    const pem = join(this.folder, `${name}.pem`)
    return { pem, key: join(this.folder, `${name}.key`), der: derOf(pem) }
  }

  revoke({ pem }: Issued, ...how: string[]): void {
    this.run('ca', '-config', 'ca.cnf', '-revoke', pem, ...how)
  }

  /** Ends a hold, as the entry of a delta says it: `openssl ca` has no command for that, but its database has the form. */
  release({ pem }: Issued): void {
    const serial = this.run('x509', '-in', pem, '-noout', '-serial').toString().trim().slice('serial='.length)
    const file = join(this.folder, 'index.txt')
    const lines = readFileSync(file, 'utf8').split('\n').map((line) => line.includes(`\t${serial}\t`) ? line.replace(/,holdInstruction,[^\t]+|,certificateHold/, ',removeFromCRL') : line)
    writeFileSync(file, lines.join('\n'))
  }

  /** The list of what the database has, as DER; with more extensions and options of `openssl ca`. */
  crl(extensions: readonly string[] = [], ...options: string[]): Uint8Array {
    writeFileSync(join(this.folder, 'crl.cnf'), `${configuration}[list]\nauthorityKeyIdentifier = keyid:always\n${extensions.join('\n')}\n`)
    this.run('ca', '-gencrl', '-config', 'crl.cnf', '-crlexts', 'list', ...options, '-out', 'list.pem')
    return derOf(join(this.folder, 'list.pem'))
  }

  /** What `openssl ocsp` answers by this CA’s database, good for a day, as DER. */
  answer({ pem }: Issued, ...options: string[]): Uint8Array {
    this.run('ocsp', '-index', 'index.txt', '-CA', this.pem, '-rsigner', this.pem, '-rkey', this.key, '-ndays', '1',
      '-issuer', this.pem, '-cert', pem, '-no_nonce', ...options, '-respout', 'answer.der')
    return new Uint8Array(readFileSync(join(this.folder, 'answer.der')))
  }

  /** The arguments of `openssl ocsp` for a responder by this CA’s database. */
  responder(port: number, signer: Issued = this, ...options: string[]): string[] {
    return ['ocsp', '-index', join(this.folder, 'index.txt'), '-CA', this.pem, '-port', String(port), '-rsigner', signer.pem, '-rkey', signer.key, ...options]
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export function derOf(file: string): Uint8Array {
  if (!existsSync(file)) throw new Error(`${file} was not made`)
  return parsePem(readFileSync(file, 'utf8'))[0]!.bytes
}

/** A checker that may ask loopback. */
export function checkerOnLoopback(options: Partial<RevocationCheckerOptions> = {}): ReturnType<typeof createRevocationChecker> {
  return createRevocationChecker({ mode: 'hard', ...options, fetch: { fetch: createGuardedFetch({ allow: loopback }), retries: 0, ...options.fetch } })
}

export function verifierOnLoopback(anchor: Issued, options: Partial<RevocationCheckerOptions> = {}): Verifier {
  return createVerifier({ anchors: [anchor.der], purpose: 'serverAuth', revocation: checkerOnLoopback(options) })
}

/** The verdict on a leaf by itself. */
export function judge(verifier: Verifier, leaf: Issued, more: Partial<VerifyRequest> = {}): Promise<Verdict> {
  return verifier.verify({ leaf: leaf.der, names: 'unchecked', ...more })
}

/** What was found out about the leaf. */
export function foundAbout(verdict: Verdict): CertificateRevocation {
  const found = verdict.ok ? verdict.revocation : verdict.attempts.find(({ revocation }) => revocation !== undefined)?.revocation
  if (found === undefined || found === 'none' || found.length === 0) throw new Error(`nothing about revocation: ${JSON.stringify(verdict)}`)
  return found[0]!
}

/** In a few words: the status, the reason, where it is from, and the codes of what failed. */
export function statusOf(verdict: Verdict): string {
  const { status, reason, sources, attempts } = foundAbout(verdict)
  if (verdict.ok !== (status === 'good' || status === 'exempt')) throw new Error(`not decided by this: ${JSON.stringify(verdict)}`)
  return [status, ...(reason === undefined ? [] : [reason]), ...sources.map(({ type, origin }) => `${origin}-${type}`), ...attempts.map(({ code }) => code)].join(' ')
}
