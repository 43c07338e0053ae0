/**
 * An HTTPS server for known clients. Run: node examples/node-https-server.mjs
 * Files, PEM each, in the environment: ROOTS, SERVER_CERT, SERVER_KEY; CLIENT_URI is whom to let in.
 */
import { readFileSync } from 'node:fs'
import { createVerifier, explain, parseCertificates } from 'countersign'
import { acceptedVerdict, createHttpsServer } from 'countersign/node'

const { ROOTS, SERVER_CERT, SERVER_KEY, CLIENT_URI, PORT = '8443' } = process.env
if (!ROOTS || !SERVER_CERT || !SERVER_KEY || !CLIENT_URI) {
  console.error('Name PEM files in the environment: ROOTS, SERVER_CERT, SERVER_KEY; and a URI: CLIENT_URI')
  process.exit(2)
}

createHttpsServer({
  cert: readFileSync(SERVER_CERT),
  key: readFileSync(SERVER_KEY),
  verifier: createVerifier({
    anchors: parseCertificates(readFileSync(ROOTS, 'utf8')), purpose: 'clientAuth', revocation: 'none',
  }),
  names: { anyOf: [{ uri: CLIENT_URI }] },
  serverNames: ['localhost', '127.0.0.1'],
  onRefused: (error) => console.error(error.verdict ? explain(error.verdict) : error.message),
}, (request, response) => {
  response.end(`${JSON.stringify(acceptedVerdict(request).identities)}\n`)
}).listen(Number(PORT), '127.0.0.1', () => console.log(`https://localhost:${PORT}/`))
