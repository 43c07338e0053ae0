/** The rows about RSA. */
import { concat, encode, encodeBitString, encodeInteger, encodeNull, encodeSequence, encodeUnsignedInteger } from 'countersign/asn1'
import type { SignatureCheck } from 'countersign/path'
import { algorithm, oids, pkcs1, pss, pssParameters, rsaPublicKey, rsaSpki, spki, withIndefiniteLength, withLongLength } from './der.ts'
import { Stream, big, bytes } from './random.ts'
import { encodePkcs1, encodePss, makeRsaKey, modulusBytes, signPkcs1, signPss } from './rsa.ts'
import type { RsaKey } from './rsa.ts'
import { Table, accepted, badKey, badSignature, refused } from './write.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const data = text('to be signed')

export function rsaTables(): Table[] {
  const random = new Stream('rsa')
  const key = makeRsaKey(random, 2048, 65537n)
  return [
    largeKeys(random), otherExponents(random), oddSizes(random), withoutNull(key), pssKeys(random, key),
    lengths('pkcs1', random, key), lengths('pss', random, key), exponentOne(random, key), wrongModuli(random, key),
    laxEncodings(key), afterSpki(key), unusedBits(key),
  ]
}

type Scheme = 'pkcs1' | 'pss'

function sign(random: Stream, scheme: Scheme, key: RsaKey, over: Uint8Array = data): SignatureCheck {
  return scheme === 'pkcs1'
    ? { spki: rsaSpki(key), algorithm: pkcs1('sha256'), data: over, signature: signPkcs1(key, 'sha256', over) }
    : { spki: rsaSpki(key), algorithm: pss('sha256', 32), data: over, signature: signPss(key, 'sha256', over, random.bytes(32)) }
}

function largeKeys(random: Stream): Table {
  const table = new Table('valid, refused by some', 'RSA above 4096 bits')
  for (const bits of [4096, 4097, 8192, 16384]) {
    const key = makeRsaKey(random, bits, 65537n)
    for (const scheme of ['pkcs1', 'pss'] as const) {
      const check = sign(random, scheme, key)
      if (bits === 4096) table.add(`${bits} bits, ${scheme}`, 'RFC 8017 3.1', accepted, check)
      else table.add(`${bits} bits, ${scheme}`, 'the policy: at most 4096 bits', refused('crypto/key-too-large'), check)
      table.addBoth(`${bits} bits, ${scheme}`, 'RFC 8017 3.1', check, 'wide')
    }
  }
  const beyond = rsaSpki({ ...makeRsaKey(random, 2048, 65537n), n: (1n << 16384n) + 1n, bits: 16385 })
  return table.add('16385 bits', 'the policy: never above 16384 bits', refused('crypto/key-too-large'),
    { ...sign(random, 'pkcs1', makeRsaKey(random, 2048, 65537n)), spki: beyond }, 'wide')
}

function otherExponents(random: Stream): Table {
  const table = new Table('valid, refused by some', 'RSA exponent other than 3 or 65537')
  const exponents = [3n, 5n, 17n, 257n, 65539n, 2n ** 32n + 15n, 2n ** 33n + 17n, 2n ** 48n + 21n, 2n ** 64n - 59n]
  for (const e of exponents) {
    const key = makeRsaKey(random, 2048, e)
    for (const scheme of ['pkcs1', 'pss'] as const) {
      const check = sign(random, scheme, key)
      const name = `exponent ${e}, ${scheme}`
      if (e === 3n) table.addBoth(name, 'RFC 8017 3.1', check)
      else table.add(name, 'the policy: 3 or 65537', refused('crypto/unsupported-algorithm', 'exponent'), check)
      table.addBoth(name, 'RFC 8017 3.1', check, 'wide')
    }
  }
  const key = makeRsaKey(random, 2048, 2n ** 64n + 13n)
  return table.add('exponent of 65 bits', 'the policy: never above 64 bits', refused('crypto/unsupported-algorithm', 'exponent'), sign(random, 'pkcs1', key), 'wide')
}

/** Sizes that are no whole octets: with PSS, 8 k + 1 bits make the encoded message an octet shorter than the modulus. */
function oddSizes(random: Stream): Table {
  const table = new Table('valid, refused by some', 'RSA of odd sizes')
  for (const bits of [2049, 2050, 2055, 3071, 4095]) {
    const key = makeRsaKey(random, bits, 65537n)
    for (const scheme of ['pkcs1', 'pss'] as const) table.addBoth(`${bits} bits, ${scheme}`, 'RFC 8017 9.1.1', sign(random, scheme, key))
  }
  const key = makeRsaKey(random, 2048, 65537n)
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    const most = 256 - 2 - { sha256: 32, sha384: 48, sha512: 64 }[hash]
    for (const length of [0, 20, most]) {
      const signature = signPss(key, hash, data, random.bytes(length))
      table.addBoth(`PSS with ${hash} and a salt of ${length} octets`, 'RFC 8017 9.1.2',
        { spki: rsaSpki(key), algorithm: pss(hash, length), data, signature })
    }
  }
  for (const scheme of ['pkcs1', 'pss'] as const) {
    const check = scheme === 'pkcs1'
      ? { spki: rsaSpki(key), algorithm: pkcs1('sha1'), data, signature: signPkcs1(key, 'sha1', data) }
      : { spki: rsaSpki(key), algorithm: pss('sha1', 20), data, signature: signPss(key, 'sha1', data, random.bytes(20)) }
    table.addBoth(`SHA-1, ${scheme}`, 'RFC 4055 5', check, 'wide')
    table.add(`SHA-1, ${scheme}`, 'the policy: by name only', refused('crypto/unsupported-algorithm', 'not-enabled'), check)
  }
  return table
}

function withoutNull(key: RsaKey): Table {
  const check = { spki: rsaSpki(key), algorithm: pkcs1('sha256'), data, signature: signPkcs1(key, 'sha256', data) }
  const bare = rsaPublicKey(modulusBytes(key), key.e)
  return new Table('valid, refused by some', 'SPKI whose algorithm lacks the NULL')
    .addBoth('NULL', 'RFC 3279 2.3.1', check)
    .add('no parameters in the key', 'RFC 3279 2.3.1', badKey('parameters-not-null'),
      { ...check, spki: spki(oids.rsa, undefined, bare) })
    .add('an empty SEQUENCE in the key', 'RFC 3279 2.3.1', badKey('parameters-not-null'),
      { ...check, spki: spki(oids.rsa, encodeSequence(), bare) })
    .add('no parameters in the signature algorithm', 'RFC 4055 5', refused('crypto/malformed-algorithm', 'parameters-not-null'),
      { ...check, algorithm: algorithm('1.2.840.113549.1.1.11') })
}

function pssKeys(random: Stream, key: RsaKey): Table {
  const of = (parameters?: Uint8Array): Uint8Array => spki(oids.pss, parameters, rsaPublicKey(modulusBytes(key), key.e))
  const check = { ...sign(random, 'pss', key), spki: of() }
  const own = { ...check, spki: of(pssParameters('sha256', 32)) }
  return new Table('valid, refused by some', 'id-RSASSA-PSS as key algorithm')
    .addBoth('without parameters', 'RFC 4055 1.2', check)
    .addBoth('with the signature’s parameters', 'RFC 4055 3.3', own)
    .addBoth('with a shorter salt than the signature’s', 'RFC 4055 3.3', { ...check, spki: of(pssParameters('sha256', 20)) })
    .add('with a longer salt than the signature’s', 'RFC 4055 3.3', refused('crypto/key-mismatch'),
      { ...check, spki: of(pssParameters('sha256', 33)) })
    .add('with another hash than the signature’s', 'RFC 4055 3.3', refused('crypto/key-mismatch'),
      { ...check, spki: of(pssParameters('sha384', 32)) })
    .add('with NULL', 'RFC 4055 3.1', badKey('asn1/unexpected-tag'), { ...check, spki: of(encodeNull()) })
    .add('and a PKCS#1 v1.5 signature', 'RFC 4055 1.2', refused('crypto/key-mismatch'),
      { ...sign(random, 'pkcs1', key), spki: of() })
}

/** Signatures that are the right number in the wrong number of octets, or another number of the same residue. */
function lengths(scheme: Scheme, random: Stream, key: RsaKey): Table {
  const until = (wanted: (signature: Uint8Array) => boolean): SignatureCheck => {
    for (let i = 0; ; i++) {
      const check = sign(random, scheme, key, text(`to be signed ${i}`))
      if (wanted(check.signature)) return check
    }
  }
  const zero = until((signature) => signature[0] === 0)
  const low = until((signature) => big(signature) + key.n < 1n << 2048n)
  const clause = scheme === 'pkcs1' ? 'RFC 8017 8.2.2' : 'RFC 8017 8.1.2'
  const with_ = (check: SignatureCheck, signature: Uint8Array): SignatureCheck => ({ ...check, signature })
  return new Table('invalid, accepted by some', `RSA ${scheme} signature of another length or beyond n`)
    .add('as it is, first octet zero', clause, accepted, zero)
    .add('leading zero stripped', clause, badSignature('wrong-length'), with_(zero, zero.signature.subarray(1)))
    .add('zero octet added in front', clause, badSignature('wrong-length'),
      with_(zero, concat([Uint8Array.of(0), zero.signature])))
    .add('zero octet added behind', clause, badSignature('wrong-length'),
      with_(zero, concat([zero.signature, Uint8Array.of(0)])))
    .add('as it is, below 2^2048 - n', clause, accepted, low)
    .add('plus n', 'RFC 8017 5.2.2', badSignature('not-below-modulus'), with_(low, bytes(big(low.signature) + key.n, 256)))
    .add('plus n, an octet longer', clause, badSignature('wrong-length'), with_(low, bytes(big(low.signature) + key.n, 257)))
    .add('n', 'RFC 8017 5.2.2', badSignature('not-below-modulus'), with_(low, modulusBytes(key)))
    .add('empty', clause, badSignature('wrong-length'), with_(low, new Uint8Array(0)))
}

function exponentOne(random: Stream, key: RsaKey): Table {
  const clause = 'RFC 8017 3.1'
  const table = new Table('invalid, accepted by some', 'RSA exponent 1')
  // With e = 1 the signature is the encoded message itself: anybody can make it.
  const forged = {
    pkcs1: { algorithm: pkcs1('sha256'), data, signature: encodePkcs1('sha256', data, 256) },
    pss: { algorithm: pss('sha256', 32), data, signature: encodePss('sha256', data, 2048, random.bytes(32)) },
  }
  for (const policy of ['default', 'wide'] as const) {
    for (const scheme of ['pkcs1', 'pss'] as const) {
      table.add(`1, forged ${scheme}`, clause, badKey('exponent-below-3'), { ...forged[scheme], spki: rsaSpki(key, 1n) },
        policy)
    }
    const good = sign(random, 'pkcs1', key)
    for (const [exponent, reason] of [
      [0n, 'exponent-below-3'], [2n, 'exponent-even'], [4n, 'exponent-even'], [65536n, 'exponent-even'],
      [-1n, 'exponent-not-positive'], [-3n, 'exponent-not-positive'], [-65537n, 'exponent-not-positive'],
    ] as const) {
      table.add(`${exponent}`, clause, badKey(reason), { ...good, spki: rsaSpki(key, exponent) }, policy)
    }
  }
  return table
}

function wrongModuli(random: Stream, key: RsaKey): Table {
  const clause = 'RFC 8017 3.1'
  const even = makeRsaKey(random, 2048, 65537n, [2n])
  const check = sign(random, 'pkcs1', key)
  const raw = (content: Uint8Array): Uint8Array =>
    spki(oids.rsa, encodeNull(), encodeSequence(encode(0x02, content), encodeInteger(65537)))
  const table = new Table('invalid, accepted by some', 'negative, zero or even modulus')
  for (const policy of ['default', 'wide'] as const) {
    table
      .add('without its sign octet, so negative', clause, badKey('modulus-not-positive'),
        { ...check, spki: raw(modulusBytes(key)) }, policy)
      .add('zero', clause, badKey('modulus-not-positive'), { ...check, spki: raw(Uint8Array.of(0)) }, policy)
      .add('minus one', clause, badKey('modulus-not-positive'), { ...check, spki: raw(Uint8Array.of(0xff)) }, policy)
      .add('even, with a signature for which the equation holds', clause, badKey('modulus-even'), sign(random, 'pkcs1', even),
        policy)
  }
  return table
}

function laxEncodings(key: RsaKey): Table {
  const check = { algorithm: pkcs1('sha256'), data, signature: signPkcs1(key, 'sha256', data) }
  const modulus = encodeUnsignedInteger(modulusBytes(key))
  const exponent = encodeInteger(65537)
  const inner = encodeSequence(modulus, exponent)
  const named = algorithm(oids.rsa, encodeNull())
  const wrap = (publicKey: Uint8Array): Uint8Array => encodeSequence(named, encodeBitString(publicKey))
  const whole = wrap(inner)
  const table = new Table('invalid, accepted by some', 'encodings of an RSA key that are not DER')
    .add('DER', 'X.690 10', accepted, { ...check, spki: whole })
  for (const [name, clause, reason, der] of [
    ['modulus with a second zero in front', 'X.690 8.3.2', 'asn1/invalid-integer', wrap(encodeSequence(encode(0x02, Uint8Array.of(0, 0), modulusBytes(key)), exponent))],
    ['exponent with a zero in front', 'X.690 8.3.2', 'asn1/invalid-integer', wrap(encodeSequence(modulus, encode(0x02, Uint8Array.of(0, 1, 0, 1))))],
    ['length of the SPKI not minimal', 'X.690 10.1', 'asn1/non-minimal-length', withLongLength(whole)],
    ['length of the algorithm not minimal', 'X.690 10.1', 'asn1/non-minimal-length', encodeSequence(withLongLength(named), encodeBitString(inner))],
    ['length of the BIT STRING not minimal', 'X.690 10.1', 'asn1/non-minimal-length', encodeSequence(named, withLongLength(encodeBitString(inner)))],
    ['length of RSAPublicKey not minimal', 'X.690 10.1', 'asn1/non-minimal-length', wrap(withLongLength(inner))],
    ['length of the modulus not minimal', 'X.690 10.1', 'asn1/non-minimal-length', wrap(encodeSequence(withLongLength(modulus), exponent))],
    ['length of the exponent not minimal', 'X.690 10.1', 'asn1/non-minimal-length', wrap(encodeSequence(modulus, withLongLength(exponent)))],
    ['SPKI of indefinite length', 'X.690 10.1', 'asn1/indefinite-length', withIndefiniteLength(whole)],
    ['algorithm of indefinite length', 'X.690 10.1', 'asn1/indefinite-length', encodeSequence(withIndefiniteLength(named), encodeBitString(inner))],
    ['RSAPublicKey of indefinite length', 'X.690 10.1', 'asn1/indefinite-length', wrap(withIndefiniteLength(inner))],
    ['octets after RSAPublicKey', 'RFC 8017 A.1.1', 'asn1/trailing-data', wrap(concat([inner, Uint8Array.of(0)]))],
    ['NULL after RSAPublicKey', 'RFC 8017 A.1.1', 'asn1/trailing-data', wrap(concat([inner, encodeNull()]))],
    ['a third INTEGER in RSAPublicKey', 'RFC 8017 A.1.1', 'asn1/trailing-data', wrap(encodeSequence(modulus, exponent, encodeInteger(1)))],
    ['RSAPublicKey without its exponent', 'RFC 8017 A.1.1', 'asn1/missing-element', wrap(encodeSequence(modulus))],
  ] as const) {
    table.add(name, clause, badKey(reason), { ...check, spki: der })
  }
  return table
}

function afterSpki(key: RsaKey): Table {
  const check = { spki: rsaSpki(key), algorithm: pkcs1('sha256'), data, signature: signPkcs1(key, 'sha256', data) }
  const longer = (extra: Uint8Array): SignatureCheck => ({ ...check, spki: concat([check.spki, extra]) })
  return new Table('invalid, accepted by some', 'octets after an RSA SPKI')
    .add('none', 'RFC 5280 4.1', accepted, check)
    .add('one zero', 'RFC 5280 4.1', badKey('asn1/trailing-data'), longer(Uint8Array.of(0)))
    .add('NULL', 'RFC 5280 4.1', badKey('asn1/trailing-data'), longer(encodeNull()))
    .add('another SPKI', 'RFC 5280 4.1', badKey('asn1/trailing-data'), longer(check.spki))
}

function unusedBits(key: RsaKey): Table {
  const check = { algorithm: pkcs1('sha256'), data, signature: signPkcs1(key, 'sha256', data) }
  const table = new Table('invalid, accepted by some', 'unused bits in the BIT STRING of an RSA key')
  for (const bits of [1, 7]) {
    // X.690 11.2.1 wants the unused bits zero, so that the last octet of the exponent is another; the octet itself is not.
    for (const last of [0x01, 0x80]) {
      const publicKey = concat([rsaPublicKey(modulusBytes(key), 65537n).subarray(0, -1), Uint8Array.of(last)])
      table.add(`${bits} unused, last octet ${last}`, 'RFC 3279 2.3.1', badKey('asn1/invalid-bit-string'),
        { ...check, spki: encodeSequence(algorithm(oids.rsa, encodeNull()), encode(0x03, Uint8Array.of(bits), publicKey)) })
    }
  }
  return table
}
