/**
 * An HTTPS server that shows in the browser what was decided about its certificate, and why.
 * Run: node examples/https-page/server.mjs
 * Files, PEM each, in the environment: ROOTS, SERVER_CERT, SERVER_KEY, CRLS (one or more lists; read anew for each check).
 *
 * Whom the verifier refuses does not get as far as a page: the connection ends, and the reason is printed here. The page
 * explains the policy, which this server asks itself in its handler; with the option `policy` the adapter would answer
 * 403 before any handler, and say no more.
 */
import { readFileSync } from 'node:fs'
import { createVerifier, explain, parseCertificates } from 'countersign'
import { acceptedVerdict, createHttpsServer, mutualAuthentication } from 'countersign/node'
import { evaluatePolicy, explainDecision, parsePolicy, verifiedPeer } from 'countersign/policy'
import { createRevocationChecker, parseCrls } from 'countersign/revocation'
import { pageOf } from './page.mjs'

const { ROOTS, SERVER_CERT, SERVER_KEY, CRLS, PORT = '8443' } = process.env
if (!ROOTS || !SERVER_CERT || !SERVER_KEY || !CRLS) {
  console.error('Name PEM files in the environment: ROOTS, SERVER_CERT, SERVER_KEY, CRLS')
  process.exit(2)
}
const anchors = parseCertificates(readFileSync(ROOTS, 'utf8'))
const policy = parsePolicy(JSON.parse(readFileSync(new URL('policy.json', import.meta.url), 'utf8')))

/** By the lists as they are now. */
const current = () => createVerifier({
  anchors, purpose: 'clientAuth', revocation: createRevocationChecker({ mode: 'hard', crls: parseCrls(readFileSync(CRLS, 'utf8')) }),
})
const verifier = { verify: (request) => current().verify(request), require: (request) => current().require(request) }

createHttpsServer({
  cert: readFileSync(SERVER_CERT),
  key: readFileSync(SERVER_KEY),
  // Which of its certificates a browser should offer.
  ca: readFileSync(ROOTS),
  verifier,
  names: 'unchecked',
  drive: 'async',
  // Every request on a kept connection is preceded by a new verdict.
  recheckAfter: 1,
  serverNames: ['localhost'],
  onRefused: (error) => console.log(error.verdict ? `refused: ${explain(error.verdict)}` : error.message),
}, (request, response) => {
  if (request.url !== '/') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
    return
  }
  const verdict = acceptedVerdict(request)
  const { channel, since } = mutualAuthentication(request)
  const decision = evaluatePolicy(policy, {
    peer: verifiedPeer(verdict),
    time: Date.now(),
    request: { method: request.method, host: 'localhost', path: request.url },
    channel,
  })
  console.log(explainDecision(decision))
  response.writeHead(decision.decision === 'allow' ? 200 : 403, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'",
  }).end(pageOf(decision, verdict, since))
}).listen(Number(PORT), '127.0.0.1', function () { console.log(`https://localhost:${this.address().port}/`) })
