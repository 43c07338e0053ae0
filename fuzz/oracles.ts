/** What must hold for any input. Each function throws a `Broken` where it does not. */
import {
  ParseError, explain, parseCertificate, parseCertificateBundle, parseCertificateList, parseCertificateRequest, parseCertificates, parsePem, toMermaid,
  toSvg,
} from 'countersign'
import type { BudgetLimits, Cost, Verdict } from 'countersign'
import { parseCrl, parseOcspResponse } from 'countersign/revocation'
import { parseName } from 'countersign/x509'

/** A promise that was not kept. */
export class Broken extends Error {}

const parsers = {
  certificate(der: Uint8Array): void {
    const certificate = parseCertificate(der)
    JSON.stringify(certificate)
    void certificate.fingerprint
    if (!same(certificate.toDer(), der)) throw new Broken('toDer gives other bytes than were parsed')
    void [certificate.subject.key, certificate.issuer.key, certificate.subject.toString()]
    certificate.decodeAll()
  },
  crl(der: Uint8Array): void {
    const list = parseCertificateList(der)
    void list.issuer.toString()
    for (const entry of list.revokedCertificates) void entry.serialNumber
  },
  'indexed crl': (der: Uint8Array): void => {
    const list = parseCrl(der)
    let count = 0
    for (const { serialNumber, certificateIssuer } of list.entries()) {
      count++
      if (list.find(serialNumber, certificateIssuer.key)?.serialNumber !== serialNumber) throw new Broken('a list does not find its own entry')
    }
    if (count !== list.size) throw new Broken(`a list of ${list.size} entries has ${count}`)
  },
  'ocsp response': (der: Uint8Array): void => void parseOcspResponse(der).basic?.responses.length,
  csr: (der: Uint8Array): void => void parseCertificateRequest(der).subject.toString(),
  bundle: (der: Uint8Array): void => void parseCertificateBundle(der).length,
  name: (der: Uint8Array): void => void [parseName(der).key, parseName(der).toString()],
} as const

export type ParserKind = keyof typeof parsers
export const parserKinds = Object.keys(parsers) as readonly ParserKind[]

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}

function onlyParseErrors(action: () => void, length: number): void {
  try {
    action()
  } catch (error) {
    if (error instanceof Broken) throw error
    if (!(error instanceof ParseError)) throw new Broken(`a parser threw ${String(error)}`, { cause: error })
    if (!Number.isInteger(error.offset) || error.offset < 0 || error.offset > length) throw new Broken(`${error.code} at offset ${error.offset} of ${length}`)
    if (error.expected === '' || !/^(asn1|x509)\//.test(error.code)) throw new Broken(`${error.code} expects ${JSON.stringify(error.expected)}`)
  }
}

/** A parser throws `ParseError`, and nothing else. */
export function checkParser(kind: ParserKind, der: Uint8Array): void {
  onlyParseErrors(() => parsers[kind](der), der.length)
}

export function checkPemParsers(text: string): void {
  onlyParseErrors(() => void parsePem(text), text.length)
  onlyParseErrors(() => void parseCertificates(text), Number.MAX_SAFE_INTEGER)
}

/** A refusal has its reason, an acceptance has none; no work above the budget; and every way to show it works. */
export function checkVerdict(verdict: Verdict, limits: BudgetLimits): void {
  for (const [name, spent] of Object.entries(verdict.cost)) {
    if (!(spent >= 0 && spent <= limits[name as keyof Cost])) throw new Broken(`cost.${name} is ${spent}, above ${limits[name as keyof Cost]}`)
  }
  if (verdict.ok) {
    if ('issues' in verdict || 'code' in verdict) throw new Broken('an acceptance with issues')
    if (verdict.warnings.some(({ severity }) => severity !== 'warning')) throw new Broken('an acceptance with an error')
    if (verdict.path.length === 0) throw new Broken('an acceptance without a path')
  } else {
    const [first] = verdict.issues
    if (first === undefined || first.severity !== 'error') throw new Broken('a refusal without an error')
    if (first.code !== verdict.code) throw new Broken(`a refusal of ${verdict.code}, whose first issue is ${first.code}`)
  }
  const shown: readonly (readonly [string, () => string])[] = [
    ['explain', () => explain(verdict)], ['JSON.stringify', () => JSON.stringify(verdict)], ['toMermaid', () => toMermaid(verdict)], ['toSvg', () => toSvg(verdict)],
  ]
  for (const [name, show] of shown) {
    let text: string
    try {
      text = show()
    } catch (error) {
      throw new Broken(`${name} threw ${String(error)}`, { cause: error })
    }
    // Nothing of a peer’s moves a cursor or turns the direction of writing. (JSON.stringify escapes the first by itself.)
    if (name !== 'JSON.stringify' && /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u.test(text)) throw new Broken(`${name} shows a control character`)
  }
}
