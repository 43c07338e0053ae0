/**
 * Snapshots of lists: the answers of a list that was checked once, in a form that is looked up in place, for whoever starts
 * often and has little time, such as an edge function.
 *
 * All numbers are big-endian.
 *
 *   magic 8, SHA-256 of the signer’s SubjectPublicKeyInfo 32, SHA-256 of the list 32,
 *   frame: length 4, DER of the list without its entries;
 *   entries of the list 4; certificate issuers 4, each: length 4, DER of the Name;
 *   groups 4, each: issuer 4, octets of a serial 2, records 4;
 *   the records of all groups, each: serial, reason 1, revocation date 5; ascending in each group;
 *   extras 4, each: record 4, invalidity date 5 (or all ones), octets of the hold instruction 1, its text;
 *   HMAC-SHA-256 over all of this 32, in a snapshot that was made with a key
 */
import { concat, encodeSequence, toHex } from '../asn1/index.ts'
import { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { sha256 } from '../x509/sha256.ts'
import { createAlgorithmPolicy, createSignatureVerifier } from '../crypto/index.ts'
import type { AlgorithmPolicyOptions } from '../crypto/index.ts'
import { Crl, crlIndex, crlParts } from './crl.ts'
import type { CrlIndex } from './crl-index.ts'
import { SnapshotError } from './snapshot-error.ts'
import { groupEntries } from './snapshot-groups.ts'
import { readSnapshot } from './snapshot-reader.ts'
import { BytesWriter, magic, noDate, snapshotMacOctets } from './snapshot-format.ts'

export interface SaveSnapshotOptions {
  /** Whose key has signed the list: its certificate, or the DER of its SubjectPublicKeyInfo. */
  readonly signer: Certificate | { readonly publicKey: Uint8Array }
  /** A key of at least 32 octets, or an HMAC-SHA-256 key that may sign. Without one the snapshot is told by its digest. */
  readonly macKey?: CryptoKey | Uint8Array
  /** As for `createVerifier`. */
  readonly algorithms?: AlgorithmPolicyOptions
}

/** What proves where a snapshot comes from; exactly one of them. */
export type SnapshotProof =
  | { readonly macKey: CryptoKey | Uint8Array }
  /** SHA-256 of the whole snapshot, lower-case hexadecimal, as `saveSnapshot` returned it. */
  | { readonly expectedDigest: string }

/**
 * Checks the signature of a list, and writes its snapshot.
 *
 * @returns the snapshot, and SHA-256 over all of it (hexadecimal)
 * @throws `SnapshotError` where the signature does not hold or the list has unknown critical extensions; `TypeError` for a
 *   caller’s mistake
 */
export async function saveSnapshot(crl: Crl, options: SaveSnapshotOptions): Promise<{ readonly bytes: Uint8Array; readonly digest: string }> {
  const index = crl instanceof Crl ? crlIndex(crl) : undefined
  if (index === undefined) throw new TypeError('crl: expected what parseCrl returned')
  const signer = options?.signer
  const spki = signer instanceof Certificate ? internals(signer).spkiBytes : signer?.publicKey
  if (!(spki instanceof Uint8Array)) throw new TypeError('options.signer: required: a certificate, or { publicKey }')
  const mac = options.macKey === undefined ? undefined : await takeMacKey(options.macKey, 'options.macKey', 'sign')
  if (crl.unknownCritical.length > 0) throw new SnapshotError('snapshot/unusable-list', `the list has a critical extension that is not known: ${crl.unknownCritical[0]!}`)
  const parts = crlParts(crl)
  const verifier = createSignatureVerifier({ policy: createAlgorithmPolicy(options.algorithms) })
  const [outcome] = await verifier.verifyAll([{ spki, algorithm: parts.signatureAlgorithm.raw, data: parts.tbsCertList, signature: parts.signature }])
  if (outcome?.ok !== true) throw new SnapshotError('snapshot/invalid-signature', `the signature of the list does not hold: ${outcome?.code ?? 'no answer'}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', own(parts.bytes)))
  const content = write(crl, index, sha256(spki), digest)
  const bytes = mac === undefined ? content : concat([content, new Uint8Array(await crypto.subtle.sign('HMAC', mac, own(content)))])
  return Object.freeze({ bytes, digest: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', own(bytes)))) })
}

/**
 * Loads a snapshot whose origin is proven. The list answers as the one that it was made from.
 *
 * @throws `SnapshotError` where the proof does not hold, or the content is none; `TypeError` for a caller’s mistake
 */
export async function loadSnapshot(bytes: Uint8Array, proof: SnapshotProof): Promise<Crl> {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes: expected a Uint8Array')
  const { macKey, expectedDigest } = (proof ?? {}) as { macKey?: CryptoKey | Uint8Array; expectedDigest?: string }
  if ((macKey === undefined) === (expectedDigest === undefined)) throw new TypeError('proof: expected exactly one of macKey and expectedDigest')
  const copy = own(bytes)
  if (expectedDigest !== undefined) {
    if (typeof expectedDigest !== 'string' || !/^[0-9a-f]{64}$/.test(expectedDigest)) throw new TypeError('proof.expectedDigest: expected 64 lower-case hexadecimal digits')
    if (toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', copy))) !== expectedDigest) throw notAuthentic('digest')
    return readSnapshot(copy, copy.length, true)
  }
  const key = await takeMacKey(macKey!, 'proof.macKey', 'verify')
  const stop = copy.length - snapshotMacOctets
  // WebCrypto compares in constant time.
  if (stop < 0 || !await crypto.subtle.verify('HMAC', key, copy.subarray(stop), copy.subarray(0, stop))) throw notAuthentic('HMAC')
  return readSnapshot(copy, stop, false)
}

function notAuthentic(what: string): SnapshotError {
  return new SnapshotError('snapshot/not-authentic', `the ${what} of the snapshot is not the expected one`)
}

/** A view that is neither shared nor resizable, as WebCrypto wants it. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

async function takeMacKey(key: CryptoKey | Uint8Array, argument: string, use: 'sign' | 'verify'): Promise<CryptoKey> {
  if (!(key instanceof Uint8Array)) {
    if (typeof key !== 'object' || key === null || key.type !== 'secret') throw new TypeError(`${argument}: expected at least 32 octets, or a secret CryptoKey`)
    return key
  }
  if (key.length < 32) throw new TypeError(`${argument}: expected at least 32 octets`)
  return crypto.subtle.importKey('raw', own(key), { name: 'HMAC', hash: 'SHA-256' }, false, [use])
}

function write(crl: Crl, index: CrlIndex, signerKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const { bytes, tbsCertList, listStart, listStop } = crlParts(crl)
  const tbsStart = tbsCertList.byteOffset - bytes.byteOffset
  const header = tbsCertList[1]! < 0x80 ? 2 : 2 + (tbsCertList[1]! & 0x7f)
  const tbs = encodeSequence(bytes.subarray(tbsStart + header, listStart), bytes.subarray(listStop, tbsStart + tbsCertList.length))
  const frame = encodeSequence(tbs, bytes.subarray(tbsStart + tbsCertList.length))
  const { issuers, groups, extras } = groupEntries(index)
  const out = new BytesWriter(frame.length + groups.reduce((sum, { records }) => sum + records.length + 16, 256))
  out.bytes(magic)
  out.bytes(signerKey)
  out.bytes(digest)
  out.number(frame.length, 4)
  out.bytes(frame)
  out.number(crl.size, 4)
  out.number(issuers.length, 4)
  for (const issuer of issuers) {
    const der = issuer.toDer()
    out.number(der.length, 4)
    out.bytes(der)
  }
  out.number(groups.length, 4)
  for (const { issuer, serialLength, count } of groups) {
    out.number(issuer, 4)
    out.number(serialLength, 2)
    out.number(count, 4)
  }
  for (const { records } of groups) out.bytes(records)
  out.number(extras.length, 4)
  for (const { record, invalidityDate, holdInstruction } of extras) {
    const text = new TextEncoder().encode(holdInstruction ?? '')
    out.number(record, 4)
    if (invalidityDate === undefined) out.number(noDate, 5)
    else out.date(invalidityDate)
    out.number(text.length, 1)
    out.bytes(text)
  }
  return out.taken()
}
