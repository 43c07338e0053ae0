/**
 * The finished mutual authentication, told as one value.
 */
import { identitiesOf, type Identity } from '../path/index.ts'
import type { ChannelFacts, Decision, Principal, Verification } from '../policy/types.ts'
import { parseCertificate } from '../x509/index.ts'
import { channelJson } from './channel.ts'
import { connectionOf, decisionOf, decisionUntil, type ConnectionSource } from './accepted.ts'
import type { Connection } from './connection.ts'

/** Who proved to be whom, how, and for how long. Frozen; `toJSON` gives plain JSON. */
export interface MutualAuthentication {
  /** This end: the certificate that it showed. Undefined if it showed none, or the connection is gone. */
  readonly self: CertifiedEnd | undefined
  readonly peer: CertifiedEnd & {
    /** Whom the policy takes the peer for; undefined without a policy, or with one that names nobody. */
    readonly principal: Principal | undefined
  }
  /** Of the request, where there is one; undefined without a policy. */
  readonly decision: Decision | undefined
  readonly verification: Verification
  /** Its `binding` is a property to be read; `toJSON` and `util.inspect` say that there is one, and not its value. */
  readonly channel: ChannelFacts
  readonly since: Date
  /** The last moment at which it may be relied on. */
  readonly until: Date
  toJSON(): unknown
}

export interface CertifiedEnd {
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly sha256: string
  /** What the certificate names, by type, from its subjectAltName. */
  readonly identities: readonly Identity[]
}

/**
 * What both ends know of each other on a connection of this adapter: of the request, stream or socket that `source` is.
 * `undefined` if this adapter did not let it in. Ask while the connection stands; the value stays as it is afterwards.
 */
export function mutualAuthentication(source: ConnectionSource): MutualAuthentication | undefined {
  const connection = connectionOf(source)
  if (connection === undefined) return undefined
  const decision = decisionOf(source)
  const { verdict, channel, since } = connection
  const verification: Verification = decision?.verification ?? Object.freeze({ source: 'verdict', verdict })
  const until = Math.min(verdict.validUntil.getTime(), decisionUntil(source))
  const began = since.toISOString()
  const self = ownCertificate(connection)
  const peer = Object.freeze({
    sha256: verdict.path[0]!.fingerprint, identities: verdict.identities, principal: decision?.principal,
  })
  return Object.freeze({
    self, peer, decision, verification, channel, since, until: new Date(until),
    toJSON: () => ({
      self, peer, decision, verification: { source: verification.source },
      channel: channelJson(channel), since: began, until: new Date(until).toISOString(),
    }),
  })
}

function ownCertificate({ socket }: Connection): CertifiedEnd | undefined {
  const raw = socket.getX509Certificate()?.raw
  if (raw === undefined) return undefined
  const certificate = parseCertificate(Uint8Array.from(raw))
  return Object.freeze({
    sha256: certificate.fingerprint, identities: Object.freeze(identitiesOf(certificate.get('subjectAltName') ?? [])),
  })
}
