/** The front door: options, requests, abort and deadline. Each mistake is a TypeError beside the call that works. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { X509Certificate } from 'node:crypto'
import { ParseError, RefusedError, createVerifier, explain, parseCertificates, parsePem } from 'countersign'
import type { Certificate, Verifier, VerifierOptions, VerifyRequest } from 'countersign'
import { onThisThread, requireSync, verifySync } from 'countersign/node'
import { encodeBase64, encodePem } from 'countersign/x509'
import { isAcceptedVerdict } from '../../../dist/verify/accepted.js'
import { createTrustAnchor, trustAnchorFromCertificate } from 'countersign/path'
import { clientNames, pki } from '../../node/support.ts'

async function good(): Promise<{ options: VerifierOptions, request: VerifyRequest, verifier: Verifier }> {
  const { root, client } = await pki()
  const [leaf, ...intermediates] = parseCertificates(String(client.cert))
  const options: VerifierOptions = { anchors: parseCertificates(root.pem), purpose: 'clientAuth', revocation: 'none' }
  return { options, request: { leaf: leaf!, intermediates, names: clientNames }, verifier: createVerifier(options) }
}

afterEach(() => vi.restoreAllMocks())

describe('createVerifier', () => {
  it('names the anchor that is malformed', async () => {
    const { options } = await good()
    const [root] = options.anchors as Certificate[]
    const der = root!.toDer()
    expect(() => createVerifier({ ...options, anchors: [root!, der] })).not.toThrow()
    expect(() => createVerifier({ ...options, anchors: [root!, der.slice(0, -1)] })).toThrow(expect.objectContaining({
      name: 'ParseError', code: 'asn1/truncated', field: 'options.anchors[1]: Certificate', offset: 0,
    }))
  })
  it.each([
    ['anchors', []], ['anchors', undefined], ['anchors', ['pem']], ['purpose', undefined], ['purpose', 'servr'], ['revocation', undefined],
    ['revocation', 'soft'], ['profile', 'rfc'], ['profile', { base: 'rfc5280', rules: { 'path/expired': false } }],
    ['profile', { base: 'rfc5280', rules: { nothing: true } }], ['clock', 5], ['budget', { signatures: -1 }], ['budget', { steps: 1 }],
    ['policies', { initialPolicySet: [] }], ['maxPathLength', -1], ['allowLeafAsAnchor', 'yes'], ['publicSuffixes', []], ['keyUsage', ['sign']],
    ['algorithms', { enable: ['md5'] }], ['anchor', []],
  ])('refuses %s: %j', async (name, value) => {
    const { options } = await good()
    expect(() => createVerifier({ ...options, [name]: value } as VerifierOptions)).toThrow(TypeError)
    expect(() => createVerifier(options)).not.toThrow()
  })

  it('takes anchors in every form that it takes certificates in, and what only looks like an anchor as none', async () => {
    const { options, request } = await good()
    const [root] = options.anchors as ReturnType<typeof parseCertificates>
    const der = root!.toDer()
    for (const anchor of [root!, der, Uint8Array.from(der).buffer, { rawData: der }, { rawData: Uint8Array.from(der).buffer }, trustAnchorFromCertificate(root!)]) {
      expect((await createVerifier({ ...options, anchors: [anchor] }).verify(request)).ok).toBe(true)
    }
    for (const anchor of ['pem', null, {}, { rawData: 'pem' }, { ...trustAnchorFromCertificate(root!) }, 5]) {
      expect(() => createVerifier({ ...options, anchors: [root!, anchor as never] })).toThrow(/^options\.anchors\[1\]: /)
    }
  })

  it.each([
    ['pathLenConstraint', 0, -1], ['policySet', ['2.5.29.32.0'], '2.5.29.32.0'], ['policySet', [], new Array(1)], ['policySet', ['1.2.3'], ['any']],
    ['requireExplicitPolicy', true, 'yes'], ['inhibitPolicyMapping', false, 1], ['inhibitAnyPolicy', undefined, null],
    ['nameConstraint', undefined, Uint8Array.of(0x30, 0)],
  ])('takes %s: %j from an anchor of a name and a key, and refuses %j', async (name, right, wrong) => {
    const { options } = await good()
    const [root] = options.anchors as ReturnType<typeof parseCertificates>
    const init = { name: root!.subject.toDer(), publicKey: root!.subjectPublicKeyInfo.raw }
    expect(createTrustAnchor({ ...init, ...(right === undefined ? {} : { [name]: right }) }).name.equals(root!.subject)).toBe(true)
    expect(() => createTrustAnchor({ ...init, [name]: wrong } as never)).toThrow(new RegExp(`^anchor\\.${name}: `))
  })

  it('takes initial name constraints that it understands, and keeps a copy', async () => {
    const { options, request } = await good()
    const of = (base: unknown): VerifierOptions => ({ ...options, initialNameConstraints: { permittedSubtrees: [], excludedSubtrees: [{ base, minimum: 0, maximum: undefined }] } as never })
    const codeUnder = async (base: unknown): Promise<string> => {
      const verdict = await createVerifier(of(base)).verify(request)
      return verdict.ok ? 'accepted' : verdict.code
    }
    const leaf = request.leaf as Certificate
    expect(await codeUnder({ type: 'dNSName', value: 'other.example' })).toBe('accepted')
    expect(await codeUnder({ type: 'uniformResourceIdentifier', value: 'bank.example' })).toBe('path/name-excluded')
    expect(await codeUnder({ type: 'directoryName', value: leaf.subject })).toBe('path/name-excluded')
    expect(await codeUnder({ type: 'iPAddress', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) })).toBe('accepted')
    for (const base of [
      undefined, null, {}, { type: 'dns', value: 'bank.example' }, { type: 'dNSName', value: 5 }, { type: 'iPAddress', value: '10.0.0.0/8' },
      { type: 'directoryName', value: 'CN=x' }, { type: 'constructor', value: 'x' },
    ]) expect(() => createVerifier(of(base)), JSON.stringify(base)).toThrow(/^options\.initialNameConstraints\.excludedSubtrees\[0\]: /)
    for (const wrong of [null, {}, [], { permittedSubtrees: [] }, { permittedSubtrees: 'none', excludedSubtrees: [] }, { permittedSubtrees: new Array(1), excludedSubtrees: [] }]) {
      expect(() => createVerifier({ ...options, initialNameConstraints: wrong as never }), JSON.stringify(wrong)).toThrow(/^options\.initialNameConstraints\./)
    }
    const excludedSubtrees = [{ base: { type: 'uniformResourceIdentifier', value: 'bank.example' } as const, minimum: 0, maximum: undefined }]
    const verifier = createVerifier({ ...options, initialNameConstraints: { permittedSubtrees: [], excludedSubtrees } })
    excludedSubtrees.pop()
    expect((await verifier.verify(request)).ok).toBe(false)
  })

  it('refuses an anchor that is malformed DER, naming where', async () => {
    const { options } = await good()
    expect(() => createVerifier({ ...options, anchors: [Uint8Array.of(0x30, 0x80)] })).toThrow(ParseError)
  })
})

describe('verify', () => {
  it.each([
    ['leaf', undefined], ['leaf', 'pem'], ['intermediates', 'pem'], ['names', undefined], ['names', 'any'], ['time', new Date(NaN)], ['time', 8.64e15 + 2], ['time', -Infinity], ['deadline', 0], ['deadline', 2 ** 31], ['name', 'x'],
  ])('refuses %s: %j, in both drivers', async (name, value) => {
    const { verifier, request } = await good()
    const wrong = { ...request, [name]: value } as VerifyRequest
    await expect(verifier.verify(wrong)).rejects.toThrow(TypeError)
    expect(() => verifySync(verifier, wrong)).toThrow(TypeError)
    expect((await verifier.verify(request)).ok).toBe(true)
  })

  it('names what is no certificate by its place', async () => {
    const { verifier, request } = await good()
    for (const wrong of ['pem', 5, {}, { rawData: 'pem' }, { rawData: null }]) {
      await expect(verifier.verify({ ...request, leaf: wrong as never })).rejects.toThrow(/^request\.leaf: expected /)
      await expect(verifier.verify({ ...request, intermediates: [request.leaf, wrong as never] })).rejects.toThrow(/^request\.intermediates\[1\]: expected /)
      expect(() => verifySync(verifier, { ...request, leaf: wrong as never })).toThrow(/^request\.leaf: expected /)
    }
    await expect(verifier.verify({ ...request, intermediates: [null as never] })).rejects.toThrow(/^request\.intermediates\[0\]: expected /)
  })

  it('says what to give for text, a list, a block of PEM or a certificate of Node', async () => {
    const { verifier, request } = await good()
    const der = (request.leaf as Certificate).toDer()
    const block = parsePem(encodePem('CERTIFICATE', der))[0]
    const wrong: readonly (readonly [unknown, string])[] = [
      [encodePem('CERTIFICATE', der), 'String; parsePem reads PEM text'], [[der], 'Array'], [block, 'Object; give its bytes'], [null, 'Null'],
      [new X509Certificate(der), 'Object; give its raw'], [new X509Certificate(der).toLegacyObject(), 'Object; give its raw'], [Promise.resolve(der), 'Promise'],
    ]
    for (const [given, said] of wrong) {
      const found = await verifier.verify({ ...request, intermediates: [given as never] }).catch((error: TypeError) => error.message)
      expect(found).toBe(`request.intermediates[0]: expected a Uint8Array of DER bytes, got ${said}`)
    }
    for (const leaf of [der, block.bytes, new X509Certificate(der).raw]) expect((await verifier.verify({ ...request, leaf })).ok).toBe(true)
  })

  it('says so where the leaf is PEM or Base64 in bytes', async () => {
    const { verifier, request } = await good()
    const der = (request.leaf as Certificate).toDer()
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    for (const [leaf, found] of [[bytes(encodePem('CERTIFICATE', der)), 'a dash, as of PEM text, which parsePem reads'], [bytes(encodeBase64(der)), 'the letter M, as of Base64']] as const) {
      const verdict = await verifier.verify({ ...request, leaf, intermediates: [leaf] })
      expect(verdict).toMatchObject({ code: 'asn1/unexpected-tag', issues: [{ details: { offset: 0, found, field: 'Certificate' } }, { code: 'path/candidate-unusable', details: { parse: 'asn1/unexpected-tag', found } }] })
      expect(explain(verdict)).toContain(`found: ${found}\n`)
    }
    const empty = await verifier.verify({ ...request, leaf: new Uint8Array() })
    expect(empty.ok ? undefined : Object.keys(empty.issues[0]!.details)).toEqual(['offset', 'expected', 'field'])
  })

  it('tells candidates apart by what was found in them, in an order of their own', async () => {
    const { verifier, request } = await good()
    const wrong = [0x2d, 0x31, 0x4d, 0x31].map((octet) => Uint8Array.of(octet, 0))
    const warnings = async (intermediates: readonly Uint8Array[]): Promise<readonly unknown[]> => {
      const verdict = await verifier.verify({ ...request, intermediates: [...request.intermediates!, ...intermediates] })
      return verdict.ok ? verdict.warnings.map(({ details }) => details['found']) : []
    }
    expect(await warnings(wrong)).toHaveLength(3)
    expect(await warnings([...wrong].reverse())).toEqual(await warnings(wrong))
  })

  it('says how it is called, where it is given no request', async () => {
    const { verifier, request } = await good()
    const der = (request.leaf as Certificate).toDer()
    for (const wrong of [undefined, null, 'pem', der, [der], request.leaf, {}]) {
      await expect(verifier.verify(wrong as never)).rejects.toThrow('request.leaf: required: verify({ leaf, intermediates, names })')
    }
    await expect(verifier.verify(request)).resolves.toHaveProperty('ok', true)
  })

  it('never rejects for what a peer sent', async () => {
    const { verifier, request } = await good()
    for (const leaf of [new Uint8Array(), Uint8Array.of(0x30, 0x80, 0, 0), Uint8Array.from({ length: 500 }, (_, i) => i & 0xff)]) {
      const verdict = await verifier.verify({ ...request, leaf, intermediates: [leaf] })
      expect(verdict.ok).toBe(false)
      if (!verdict.ok) expect(verdict.code).toMatch(/^asn1\//)
      expect(JSON.stringify(verifySync(verifier, { ...request, leaf, intermediates: [leaf] }))).toBe(JSON.stringify(verdict))
    }
  })

  it('require throws a RefusedError that holds the verdict', async () => {
    const { verifier, request } = await good()
    const wrong: VerifyRequest = { ...request, names: { anyOf: [{ uri: 'spiffe://bank.example/other' }] } }
    await expect(verifier.require(wrong)).rejects.toMatchObject({ name: 'RefusedError', code: 'path/name-mismatch' })
    expect(() => requireSync(verifier, wrong)).toThrow(RefusedError)
    expect((await verifier.require(request)).identities).toContainEqual({ type: 'uri', value: 'spiffe://bank.example/pay' })
  })

  it('on this thread it asks WebCrypto for nothing, and has the same verdicts', async () => {
    const { options, verifier, request } = await good()
    const here = onThisThread(verifier)
    const wrong: VerifyRequest = { ...request, names: { anyOf: [{ uri: 'spiffe://bank.example/other' }] } }
    const verify = vi.spyOn(globalThis.crypto.subtle, 'verify')
    for (const asked of [request, wrong]) expect(JSON.stringify(await here.verify(asked))).toBe(JSON.stringify(verifySync(verifier, asked)))
    expect(isAcceptedVerdict(await here.require(request))).toBe(true)
    await expect(here.require(wrong)).rejects.toThrow(RefusedError)
    await expect(here.verify({ ...request, leaf: 'pem' as never })).rejects.toThrow(/^request\.leaf: expected /)
    expect(verify).not.toHaveBeenCalled()
    // One that remembers nothing yet.
    expect((await createVerifier(options).verify(request)).ok).toBe(true)
    expect(verify).toHaveBeenCalled()
    expect(() => onThisThread({ ...verifier })).toThrow(/^verifier: expected what createVerifier returned/)
  })

  it('a verdict is plain JSON, the same in both drivers', async () => {
    const { verifier, request } = await good()
    const json = JSON.stringify(await verifier.verify(request))
    expect(JSON.stringify(verifySync(verifier, request))).toBe(json)
    expect(JSON.parse(json)).toMatchObject({ ok: true, revocation: 'none', path: [{ role: 'leaf' }, { role: 'intermediate' }], anchor: { role: 'anchor' } })
  })

  it('validUntil is the earliest end on the path', async () => {
    const { verifier, request } = await good()
    const accepted = await verifier.require(request)
    expect(accepted.validUntil.getTime()).toBe(Math.min(...accepted.path.map((certificate) => certificate.notAfter.getTime())))
  })
})

describe('abort and deadline', () => {
  it('an abort rejects with its reason, before and while the signatures are checked', async () => {
    const { verifier, request } = await good()
    const reason = new Error('enough')
    await expect(verifier.verify({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    vi.spyOn(crypto.subtle, 'verify').mockImplementation(() => new Promise(() => undefined))
    const controller = new AbortController()
    const pending = verifier.verify({ ...request, signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await expect(pending).rejects.toBe(reason)
  })

  it('the deadline is a verdict, and does not touch what ends in time', async () => {
    const { verifier, request } = await good()
    expect((await verifier.verify({ ...request, deadline: 10_000 })).ok).toBe(true)
    const stuck = (await good()).verifier
    vi.spyOn(crypto.subtle, 'verify').mockImplementation(() => new Promise(() => undefined))
    const verdict = await stuck.verify({ ...request, deadline: 20 })
    expect(verdict).toMatchObject({ ok: false, code: 'budget/deadline' })
  })
})
