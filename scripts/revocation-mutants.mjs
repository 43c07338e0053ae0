// Mutants of the revocation layer: each rule of RFC 5280 6.3 and RFC 6960 broken in the sources, in a copy, on which the unit
// tests of the layer are run. Yields what noticed each, the name of the first test that failed; undefined where none did.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What is broken, in which file of src/revocation, and how. */
const mutants = [
  ['6.3.3(a): dates', 'freshness', 'if (this.isFuture(thisUpdate))', 'if (false)'],
  ['6.3.3(a): nextUpdate', 'freshness', 'nextUpdate < this.time - this.skew', 'false'],
  ['maxAge', 'freshness', 'thisUpdate + this.maxAge < this.time - this.skew', 'false'],
  ['5.1.2.5: a list without an end', 'freshness', "return nextUpdate === undefined && this.maxAge === undefined ? 'no-next-update' : undefined", 'return undefined'],
  ['6.3.3(b)(1): the issuer', 'scope', 'if (point.cRLIssuer === undefined) return crl.issuer.equals(certificate.issuer)', 'if (point.cRLIssuer === undefined) return true'],
  ['6.3.3(b)(1): indirect lists', 'scope', 'crl.issuingDistributionPoint?.indirectCRL === true && ', ''],
  ['6.3.3(b)(2)(i): the distribution point', 'scope', 'return named.some((name) => listed.has(name))', 'return true'],
  ['6.3.3(b)(2)(ii): user certificates', 'scope', 'scope.onlyContainsUserCerts && isCa', 'false'],
  ['6.3.3(b)(2)(iii): CA certificates', 'scope', 'scope.onlyContainsCACerts && !isCa', 'false'],
  ['6.3.3(b)(2)(iv): attribute certificates', 'scope', '|| scope.onlyContainsAttributeCerts)', ')'],
  ['6.3.3(d): reasons of the list', 'scope', 'scope?.onlySomeReasons ?? allReasons', 'allReasons'],
  ['6.3.3(d): reasons of the point', 'scope', '(point.reasons ?? allReasons)\n', '(allReasons)\n'],
  ['5.2: unknown critical extensions', 'crl-check', 'crl.unknownCritical.length > 0', 'false'],
  ['5.1.1.2: two algorithms', 'crl-check', '!equalBytes(signatureAlgorithm.raw, innerSignatureAlgorithm.raw)', 'false'],
  ['6.3.3(f): cRLSign', 'crl-check', "certificate.get('keyUsage')?.cRLSign === false", 'false'],
  ['6.3.3(f): the path of the signer', 'signers', 'if (findings.length > 0) return false', ''],
  ['6.3.3(f): the signatures of that path', 'signers', 'return unknown.every((_, i) => outcomes[i]?.ok === true)', 'return true'],
  ['6.3.3(g): the signature', 'crl-check', 'if (!(yield* this.#isSignedBy(crl, key)))', 'if (false)'],
  ['the signer’s own revocation', 'crl-check', "if (status !== 'good') {", 'if (false) {'],
  ['5.3.1: a hold ends', 'crl-check', 'if (newest !== undefined && isOlder(proof.edition, newest)) continue', ''],
  ['5.3.1: and nothing else does', 'crl-check', 'if (entry !== undefined && entry.reason !== hold) {', 'if (false) {'],
  ['5.2.4: the base of a delta', 'crl-check', 'base.crlNumber >= delta.baseCrlNumber!', 'true'],
  ['5.2.4: the scope of a delta', 'crl-check', 'scopeKey(base) === scopeKey(delta) && ', ''],
  ['6.3.3(i): the delta', 'crl-check', 'if (change !== undefined && change.reason !== removed) {', 'if (false) {'],
  ['the roll-back guard', 'marks', 'return newest !== undefined && isOlder(edition, newest)', 'return false'],
  ['5.2.3: a list whose newer delta was accepted before', 'crl-check', 'if (this.#ledger.isRolledBack(proof.key, proof.edition)) {', 'if (false) {'],
  ['what leaned on a status that was open', 'crl-check', 'if (leans) return proof', ''],
  ['the end of what proves a signer', 'crl-check', 'until: Math.min(until, this.#freshness.endOf(crl))', 'until: this.#freshness.endOf(crl)'],
  ['RFC 6960 4.1.1: the key of the issuer', 'ocsp-request', 'if (hash === undefined || !equalBytes(id.issuerKeyHash, hash.digest(keyOctets(issuer.publicKey)))) return false', 'if (hash === undefined) return false'],
  ['RFC 6960 4.1.1: the serial number', 'ocsp-request', 'if (id.serialNumber !== certificate.serialNumber) return false', ''],
  ['RFC 6960 4.2.2.2: the usage of a delegate', 'ocsp-check', "certificate.get('extendedKeyUsage')?.includes(keyPurposeOids.OCSPSigning) === true &&", ''],
  ['RFC 6960 4.2.2.2: the delegate’s own certificate', 'ocsp-check', 'if (!(yield* this.#signers.stands(path))) continue', ''],
  ['RFC 6960 4.2.2.2.1: the revocation of the delegate', 'ocsp-check', "delegate.get('ocspNoCheck') === true ? unchecked :", 'true ? unchecked :'],
  ['RFC 6960 3.2: the signature of the issuer', 'ocsp-check', 'if (outcome?.ok === true) return { signer: above, until: Infinity }', 'return { signer: above, until: Infinity }'],
  ['RFC 6960 3.2: the signature of the delegate', 'ocsp-check', '      const [outcome] = yield* this.#signers.check([{ ...signature, spki: internals(delegate).spkiBytes }])\n      if (outcome?.ok !== true) {', '      if (false) {'],
  ['RFC 6960 4.4: critical extensions of an answer', 'ocsp-check', 'if (answer.unknownCritical.length > 0)', 'if (false)'],
  ['RFC 6960 2.2: unknown', 'ocsp-check', "answer.status === 'unknown'", 'false'],
  ['RFC 9654: the nonce', 'ocsp-check', 'if (nonce !== undefined && (', 'if (false && nonce !== undefined && ('],
  ['RFC 7633: must-staple', 'check', '!tally.usedStaple', 'false'],
  ['RFC 9608: a CA is not exempt', 'check', "&& certificate.get('basicConstraints')?.cA !== true", ''],
  ['hard mode', 'check', "if (mode === 'hard')", 'if (false)'],
  ['soft mode', 'check', "if (mode === 'hard')", 'if (true)'],
  ['all reasons', 'tally', 'this.#covered === allReasons', 'this.#covered !== 0'],
  ['three addresses of issuers', 'issuers', 'if (asked.size >= maxIssuerAddresses) break', ''],
]

/** Each mutant with what noticed it. Throws where the text to patch is gone, or the tests fail without a mutant. */
export function* revocationMutants(root) {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-revocation-'))
  try {
    for (const name of ['package.json', 'tsconfig.json', 'vitest.config.ts', 'src', 'test/unit/revocation', 'test/support', 'fixtures']) {
      cpSync(join(root, name), join(copy, name), { recursive: true })
    }
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const unchanged = firstFailure(copy)
    if (unchanged !== undefined) throw new Error(`the unchanged revocation layer fails ${unchanged}`)
    for (const [code, file, from, to] of mutants) {
      const path = join(copy, 'src/revocation', `${file}.ts`)
      const text = readFileSync(path, 'utf8')
      if (text.split(from).length !== 2) throw new Error(`${file}.ts: expected exactly one ${JSON.stringify(from)}`)
      writeFileSync(path, text.replace(from, () => to))
      yield { code: `revocation, ${code}`, noticed: firstFailure(copy) }
      writeFileSync(path, text)
    }
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** The name of the first test of the layer that fails. */
function firstFailure(copy) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  // Under CI the configuration writes a report of its own, elsewhere.
  const { CI: _, ...env } = process.env
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--reporter', 'json', '--outputFile', report, 'test/unit/revocation'],
    { cwd: copy, env, stdio: 'ignore', timeout: 120_000 })
  if (status === 0) return undefined
  if (!existsSync(report)) return 'a run that broke off'
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status: outcome }) => outcome === 'failed')
  return failed?.fullName ?? 'a file that did not load'
}
