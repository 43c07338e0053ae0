/**
 * Trust anchors: a name, a key, and the constraints that come with them (RFC 5280 6.1.1(d), RFC 5914, RFC 5937).
 *
 * An anchor made from a certificate keeps it, so that a profile may judge its content; what section 6 needs of it
 * is only the name and the key. Constraints that the certificate carries are enforced in every profile.
 */
import { copyBytes, isOid, toHex } from '../asn1/index.ts'
import { Certificate, Name, decodeExtension, extensionOids, keyPurposeOids, parseCertificate, parseName, parseSubjectPublicKeyInfo } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { NameConstraints } from '../x509/index.ts'
import { refuseUnknown } from './options.ts'

/** Limits that an anchor puts on every path under it. */
export interface AnchorConstraints {
  /** The most non-self-issued intermediates below the anchor. */
  readonly pathLenConstraint: number | undefined
  readonly nameConstraints: NameConstraints | undefined
  /** Policies that the anchor allows; undefined for any. */
  readonly policySet: readonly string[] | undefined
  /** Certificates that may follow before an explicit policy is required, a policy mapping or anyPolicy inhibited. */
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
  readonly inhibitAnyPolicy: number | undefined
  /** Extended key usages; undefined for any. */
  readonly extendedKeyUsage: readonly string[] | undefined
}

export interface TrustAnchor {
  readonly name: Name
  /** SubjectPublicKeyInfo, DER; a copy each time. */
  readonly publicKey: Uint8Array
  readonly constraints: AnchorConstraints
  /** The certificate the anchor was made from, if it was. */
  readonly certificate: Certificate | undefined
}

/** RFC 5914 in a caller’s words: a name and a key, with optional constraints. */
export interface TrustAnchorInit {
  /** The subject name: parsed, or DER. */
  readonly name: Uint8Array | Name
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly pathLenConstraint?: number
  /** DER of a NameConstraints value (RFC 5280 4.2.1.10). */
  readonly nameConstraints?: Uint8Array
  readonly policySet?: readonly string[]
  readonly requireExplicitPolicy?: boolean
  readonly inhibitPolicyMapping?: boolean
  readonly inhibitAnyPolicy?: boolean
}

let keyOf: (anchor: TrustAnchor) => Uint8Array
let isOurs: (value: object) => boolean

/** The private field is what no look-alike object has, and no caller can write to: a verdict hands its anchor out. */
class Anchor implements TrustAnchor {
  static {
    keyOf = (anchor) => (anchor as Anchor).#publicKey
    isOurs = (value) => #publicKey in value
  }

  readonly name: Name
  readonly constraints: AnchorConstraints
  readonly certificate: Certificate | undefined
  readonly #publicKey: Uint8Array

  constructor(name: Name, publicKey: Uint8Array, constraints: AnchorConstraints, certificate: Certificate | undefined) {
    this.name = name
    this.constraints = Object.freeze(constraints)
    this.certificate = certificate
    this.#publicKey = publicKey
    Object.freeze(this)
  }

  get publicKey(): Uint8Array {
    return this.#publicKey.slice()
  }
}

/** Whether it is an anchor that this module made. */
export function isTrustAnchor(value: unknown): value is TrustAnchor {
  return typeof value === 'object' && value !== null && isOurs(value)
}

/** The SubjectPublicKeyInfo of an issuer; a view, never to be written to. */
export function publicKeyOf(holder: Certificate | TrustAnchor): Uint8Array {
  return holder instanceof Certificate ? internals(holder).spkiBytes : keyOf(holder)
}

const initNames: ReadonlySet<string> = new Set([
  'name', 'publicKey', 'pathLenConstraint', 'nameConstraints', 'policySet', 'requireExplicitPolicy', 'inhibitPolicyMapping', 'inhibitAnyPolicy',
] satisfies (keyof TrustAnchorInit)[])

/**
 * Makes an anchor from a name and a key.
 * Throws `ParseError` for malformed DER, `TypeError` naming the member for what is no DER or a malformed or unknown constraint.
 */
export function createTrustAnchor(init: TrustAnchorInit): TrustAnchor {
  if (init === null || typeof init !== 'object') throw new TypeError('anchor: required: { name, publicKey }')
  // A misspelt constraint would be none.
  refuseUnknown(init, initNames, 'anchor')
  const name = parseName(copyBytes(init.name instanceof Name ? init.name.toDer() : init.name, 'anchor.name'))
  const spki = parseSubjectPublicKeyInfo(copyBytes(init.publicKey, 'anchor.publicKey'))
  const { pathLenConstraint, nameConstraints, policySet } = init
  if (pathLenConstraint !== undefined && (!Number.isSafeInteger(pathLenConstraint) || pathLenConstraint < 0)) {
    throw new TypeError('anchor.pathLenConstraint: expected an integer of 0 or more')
  }
  if (policySet !== undefined && !(Array.isArray(policySet) && Array.from(policySet).every((oid) => typeof oid === 'string' && isOid(oid)))) {
    throw new TypeError('anchor.policySet: expected an array of dotted OIDs')
  }
  const constraintBytes = nameConstraints === undefined ? undefined : copyBytes(nameConstraints, 'anchor.nameConstraints')
  const flag = (member: 'requireExplicitPolicy' | 'inhibitPolicyMapping' | 'inhibitAnyPolicy'): number | undefined => {
    const value: unknown = init[member]
    if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`anchor.${member}: expected true or false`)
    return value === true ? 0 : undefined
  }
  return new Anchor(name, spki.raw.slice(), {
    pathLenConstraint,
    nameConstraints: constraintBytes && decodeExtension('nameConstraints', constraintBytes, 0, constraintBytes.length),
    policySet: policySet === undefined ? undefined : Object.freeze([...policySet]),
    requireExplicitPolicy: flag('requireExplicitPolicy'),
    inhibitPolicyMapping: flag('inhibitPolicyMapping'),
    inhibitAnyPolicy: flag('inhibitAnyPolicy'),
    extendedKeyUsage: undefined,
  }, undefined)
}

/**
 * Makes an anchor from a certificate: its subject, its key and the constraints it carries (RFC 5937).
 * Throws `ParseError` where one of these extensions is malformed, `TypeError` where one stands twice.
 */
export function trustAnchorFromCertificate(source: Certificate | Uint8Array): TrustAnchor {
  const certificate = source instanceof Certificate ? source : parseCertificate(source)
  const { extensions, spkiBytes } = internals(certificate)
  for (const oid of Object.values(extensionOids)) {
    // Of two, which one binds? An anchor that leaves that open is a mistake of whoever trusts it.
    if (extensions.filter((extension) => extension.oid === oid).length > 1) {
      throw new TypeError(`anchor: the certificate ${certificate.subject.toString()} carries extension ${oid} twice`)
    }
  }
  void certificate.subject.rdns
  const policies = certificate.get('certificatePolicies')
  const purposes = certificate.get('extendedKeyUsage')
  const policyConstraints = certificate.get('policyConstraints')
  return new Anchor(certificate.subject, spkiBytes.slice(), {
    pathLenConstraint: certificate.get('basicConstraints')?.pathLenConstraint,
    nameConstraints: certificate.get('nameConstraints'),
    policySet: policies && Object.freeze(policies.map((policy) => policy.policyIdentifier)),
    requireExplicitPolicy: policyConstraints?.requireExplicitPolicy,
    inhibitPolicyMapping: policyConstraints?.inhibitPolicyMapping,
    inhibitAnyPolicy: certificate.get('inhibitAnyPolicy'),
    extendedKeyUsage: purposes?.includes(keyPurposeOids.any) === true ? undefined : purposes,
  }, certificate)
}

/** For a path of the anchor alone: its name is the leaf’s issuer by definition, and its own constraints do not bind it. */
export function selfAnchor(anchor: TrustAnchor, leaf: Certificate): TrustAnchor {
  return new Anchor(
    leaf.issuer, keyOf(anchor), { ...anchor.constraints, nameConstraints: undefined, pathLenConstraint: undefined, extendedKeyUsage: undefined }, undefined,
  )
}

/** A key that tells anchors apart: name, public key and constraints do, so the whole certificate or all the parts. */
export function anchorKey(anchor: TrustAnchor): string {
  return anchor.certificate?.fingerprint ?? `${anchor.name.key}\u0004${toHex(keyOf(anchor))}${JSON.stringify(anchor.constraints)}`
}
