/**
 * A Worker behind a proxy that terminates TLS: it verifies the client's certificate itself, and lets a policy decide. Bindings: ROOTS and
 * INTERMEDIATES (PEM), POLICY (the document), SECRET (shared with the proxy).
 *
 * After `npm run build`: node examples/edge-worker/build.mjs OUT ROOTS.pem INTERMEDIATES.pem SECRET.txt, and workerd serve OUT/config.capnp.
 */
import { createVerifier, explain, parseCertificates } from 'countersign'
import { fromNginx, verifiedClient, withMutualAuth } from 'countersign/edge'
import { explainDecision, parsePolicy } from 'countersign/policy'

/** Made with the first request: bindings are known only then. */
let handle

function makeHandler(env) {
  const verifier = createVerifier({ anchors: parseCertificates(env.ROOTS), purpose: 'clientAuth', revocation: 'none' })
  return withMutualAuth((request, { principal, decision }) => Response.json({ you: principal?.value, rule: decision.rule, until: decision.validUntil }), {
    source: fromNginx({ certificate: 'x-client-cert', verify: 'x-client-verify' }),
    trust: { name: 'front', verifiedBy: 'nobody', proof: { header: 'x-proxy-secret', secret: env.SECRET } },
    verify: verifiedClient(verifier, 'unchecked', { intermediates: parseCertificates(env.INTERMEDIATES) }),
    policy: parsePolicy(env.POLICY),
    onRefused: ({ error, verdict, decision }) => console.log(verdict ? explain(verdict) : decision ? explainDecision(decision) : error.message),
  })
}

export default {
  fetch(request, env) {
    handle ??= makeHandler(env)
    return handle(request)
  },
}
