/**
 * A server and a client that authenticate each other, in one process. Run: node examples/node-mutual-tls.mjs
 * The certificates come from files named in the environment, PEM each: ROOTS, SERVER_CERT, SERVER_KEY, CLIENT_CERT,
 * CLIENT_KEY (`_CERT`: the leaf and its intermediates). SERVER_NAME and CLIENT_URI are the names they carry.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createVerifier, explain, parseCertificates } from 'countersign'
import { acceptedVerdict, connect, createServer } from 'countersign/node'

const { ROOTS, SERVER_CERT, SERVER_KEY, CLIENT_CERT, CLIENT_KEY, SERVER_NAME = 'localhost', CLIENT_URI } = process.env
if (!ROOTS || !SERVER_CERT || !SERVER_KEY || !CLIENT_CERT || !CLIENT_KEY || !CLIENT_URI) {
  console.error('Name PEM files in the environment: ROOTS, SERVER_CERT, SERVER_KEY, CLIENT_CERT, CLIENT_KEY; and a URI: CLIENT_URI')
  process.exit(2)
}
const anchors = parseCertificates(readFileSync(ROOTS, 'utf8'))

const server = createServer({
  cert: readFileSync(SERVER_CERT),
  key: readFileSync(SERVER_KEY),
  verifier: createVerifier({ anchors, purpose: 'clientAuth', revocation: 'none' }),
  names: { anyOf: [{ uri: CLIENT_URI }] },
  onRefused: (error) => console.error(error.verdict ? explain(error.verdict) : error.message),
}, (socket) => {
  socket.end(`welcome, ${acceptedVerdict(socket).identities.map(({ value }) => value).join(', ')}\n`)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const socket = await connect({
  host: '127.0.0.1',
  port: server.address().port,
  servername: SERVER_NAME,
  cert: readFileSync(CLIENT_CERT),
  key: readFileSync(CLIENT_KEY),
  verifier: createVerifier({ anchors, purpose: 'serverAuth', revocation: 'none' }),
})
for await (const chunk of socket) process.stdout.write(chunk)
server.close()
