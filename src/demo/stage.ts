/**
 * What every scene of the demonstration works with: the paper, the two programs, the certificates, and the score.
 */
import { createAuthority, issueLeaf, type Authority, type Credential } from './authority.ts'
import type { ConnectCommand, ServeCommand } from './messages.ts'
import type { Paper } from './paint.ts'
import type { Programs } from './programs.ts'

export const hostName = 'localhost'
export const clientUri = 'spiffe://bank.example/pay'

export interface Cast {
  readonly root: Authority
  readonly server: Credential
  readonly client: Credential
  /** A server of our authority under another name. */
  readonly misnamedServer: Credential
  /** A server under the right name, of another authority. */
  readonly foreignServer: Credential
  readonly foreignClient: Credential
  readonly expiredClient: Credential
  /** Of our authority and well named, but for servers. */
  readonly serverOnlyClient: Credential
}

export async function makeCast(): Promise<Cast> {
  const root = await createAuthority('Demo Root')
  const intermediate = await createAuthority('Demo Intermediate', root)
  const foreign = await createAuthority('Foreign Intermediate', await createAuthority('Foreign Root'))
  const client = { commonName: 'pay', uri: [clientUri], usage: ['clientAuth'] } as const
  const server = { commonName: 'server', dns: [hostName], usage: ['serverAuth'] } as const
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000)
  return {
    root,
    server: await issueLeaf(intermediate, server),
    client: await issueLeaf(intermediate, client),
    misnamedServer: await issueLeaf(intermediate, { ...server, dns: ['elsewhere.example'] }),
    foreignServer: await issueLeaf(foreign, server),
    foreignClient: await issueLeaf(foreign, client),
    expiredClient: await issueLeaf(intermediate, { ...client, notBefore: daysAgo(3), notAfter: daysAgo(1) }),
    serverOnlyClient: await issueLeaf(intermediate, { ...client, usage: ['serverAuth'] }),
  }
}

export class Stage {
  readonly paper: Paper
  readonly programs: Programs
  readonly cast: Cast
  #wrong: string[] = []
  #right = 0

  constructor(paper: Paper, programs: Programs, cast: Cast) {
    this.paper = paper
    this.programs = programs
    this.cast = cast
  }

  get score(): { right: number, wrong: readonly string[] } {
    return { right: this.#right, wrong: this.#wrong }
  }

  /** Counts an expectation, and gives the mark to print before it. */
  expect(what: string, holds: boolean): string {
    if (holds) this.#right++
    else this.#wrong.push(what)
    return holds ? this.paper.paint('green', '✓') : this.paper.paint('red', '✗')
  }

  /** Counts an expectation and prints it. */
  check(what: string, holds: boolean, indent = 4): void {
    const mark = this.expect(what, holds)
    this.paper.line(`${' '.repeat(indent)}${mark} ${holds ? what : this.paper.paint('red', `WRONG: ${what}`)}`)
  }

  title(text: string): void {
    this.paper.line()
    this.paper.line(this.paper.paint('bold', text))
    this.paper.line(this.paper.paint('dim', '─'.repeat(this.paper.width)))
  }

  serverWith(credential: Credential, options: Partial<ServeCommand> = {}): Omit<ServeCommand, 'kind' | 'id'> {
    return { cert: credential.cert, key: credential.key, anchor: this.cast.root.pem, clientUri, version: 'TLSv1.3', ...options }
  }

  clientWith(credential: Credential, port: number, options: Partial<ConnectCommand> = {}): Omit<ConnectCommand, 'kind' | 'id'> {
    return {
      cert: credential.cert, key: credential.key, anchor: this.cast.root.pem, port, hostName, version: 'TLSv1.3',
      probeFirst: false, message: 'hello over mutual TLS', ...options,
    }
  }
}
